import fs from 'node:fs'
import { dirname } from 'node:path'
import { type Disk, DiskError, type DiskFile } from '../disk.ts'
import { lockFile } from './lock-file.ts'

function failure(error: unknown, operation: string, path: string): DiskError {
  const code = (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN'
  return new DiskError({ code, operation, path, cause: error })
}

function attempt<T>(operation: string, path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    // What has said more already stays as it is.
    throw error instanceof DiskError ? error : failure(error, operation, path)
  }
}

/** Of a level whose parent is there. */
const WHY_NO_DIRECTORY: Readonly<Record<string, string>> = {
  EEXIST: 'something that is no directory has this name',
  ENOENT: 'its parent exists, but no directory can be made in it'
}

/**
 * Level by level from the deepest one that exists; the error names the level that cannot be made. Node's own recursion
 * never ends where a file system answers ENOENT below a directory that exists, as procfs does.
 */
function makeLevels(path: string): void {
  if (isDirectory(path)) return
  const parent = dirname(path)
  if (parent !== path) makeLevels(parent)
  try {
    fs.mkdirSync(path)
  } catch (error) {
    // Somebody else was faster.
    if (isDirectory(path)) return
    const { code, operation, message } = failure(error, 'mkdir', path)
    const why = WHY_NO_DIRECTORY[code]
    throw new DiskError({ code, operation, path, cause: error, message: why ? `${message}: ${why}` : message })
  }
}

function isDirectory(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory()
  } catch {
    return false
  }
}

class NodeFile implements DiskFile {
  readonly path: string
  readonly #fd: number

  constructor(path: string, fd: number) {
    this.path = path
    this.#fd = fd
  }

  write(parts: readonly Uint8Array[], position: number): void {
    try {
      if (parts.length === 1) this.#writeOne(parts[0] as Uint8Array, position)
      else this.#writeMany(parts, position)
    } catch (error) {
      throw failure(error, 'write', this.path)
    }
  }

  #writeOne(part: Uint8Array, position: number): void {
    let done = fs.writeSync(this.#fd, part, 0, part.length, position)
    // A nearly full disk takes a part first and says ENOSPC on the next call.
    while (done < part.length) done += fs.writeSync(this.#fd, part, done, part.length - done, position + done)
  }

  #writeMany(parts: readonly Uint8Array[], position: number): void {
    let total = 0
    for (const part of parts) total += part.length
    let done = fs.writevSync(this.#fd, parts as Uint8Array[], position)
    if (done === total) return
    for (const part of parts) {
      if (done >= part.length) done -= part.length
      else {
        this.#writeOne(part.subarray(done), position + done)
        done = 0
      }
      position += part.length
    }
  }

  read(target: Uint8Array, position: number): number {
    try {
      let done = fs.readSync(this.#fd, target, 0, target.length, position)
      while (done < target.length) {
        const more = fs.readSync(this.#fd, target, done, target.length - done, position + done)
        if (more === 0) break
        done += more
      }
      return done
    } catch (error) {
      throw failure(error, 'read', this.path)
    }
  }

  sync(done: (error: DiskError | null) => void): void {
    fs.fdatasync(this.#fd, error => done(error === null ? null : failure(error, 'fdatasync', this.path)))
  }

  syncNow(): void {
    attempt('fdatasync', this.path, () => fs.fdatasyncSync(this.#fd))
  }

  truncate(sizeBytes: number): void {
    attempt('ftruncate', this.path, () => fs.ftruncateSync(this.#fd, sizeBytes))
  }

  sizeBytes(): number {
    return attempt('fstat', this.path, () => fs.fstatSync(this.#fd).size)
  }

  close(): void {
    attempt('close', this.path, () => fs.closeSync(this.#fd))
  }
}

/** Freeing the blocks of a gigabyte takes ext4 200 ms (measured); of a megabyte, nobody notices. */
const FREED_AT_ONCE_BYTES = 1024 * 1024

/**
 * Runs what takes the last name of a file away, and lets the thread pool free its blocks: an open descriptor keeps them
 * until it is closed.
 */
function freeLater(path: string, run: () => void): void {
  let fd: number
  try {
    fd = fs.openSync(path, 'r')
  } catch {
    // Missing, a directory, or no descriptor left: then it takes as long as it takes.
    return run()
  }
  let isLarge = false
  try {
    isLarge = fs.fstatSync(fd).size > FREED_AT_ONCE_BYTES
    run()
  } finally {
    if (isLarge) fs.close(fd, () => {})
    else fs.closeSync(fd)
  }
}

function removeFiles(directory: string): void {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) removeFiles(path)
    else freeLater(path, () => fs.unlinkSync(path))
  }
}

export const nodeDisk: Disk = {
  open(path, options = {}) {
    const { O_RDONLY, O_RDWR, O_CREAT } = fs.constants
    const flags = options.readOnly ? O_RDONLY : options.create ? O_RDWR | O_CREAT : O_RDWR
    return attempt('open', path, () => new NodeFile(path, fs.openSync(path, flags, 0o644)))
  },
  exists: path => fs.existsSync(path),
  sizeOf: path => attempt('stat', path, () => fs.statSync(path, { throwIfNoEntry: false })?.size ?? null),
  list: directory =>
    attempt('readdir', directory, () =>
      fs
        .readdirSync(directory, { withFileTypes: true })
        .map(entry => ({ name: entry.name, isDirectory: entry.isDirectory() }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    ),
  makeDirectory(path) {
    makeLevels(path)
  },
  rename(from, to) {
    attempt('rename', from, () => freeLater(to, () => fs.renameSync(from, to)))
  },
  unlink(path) {
    attempt('unlink', path, () => freeLater(path, () => fs.unlinkSync(path)))
  },
  removeDirectory(path) {
    attempt('rmdir', path, () => {
      if (fs.existsSync(path)) removeFiles(path)
      fs.rmSync(path, { recursive: true, force: true })
    })
  },
  syncDirectory(path) {
    attempt('fsync', path, () => {
      const fd = fs.openSync(path, 'r')
      try {
        fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    })
  },
  space: directory =>
    attempt('statfs', directory, () => {
      const { bsize, blocks, bavail, files, ffree } = fs.statfsSync(directory)
      const inodes = files > 0 ? { total: files, free: ffree } : null
      const device = String(fs.statSync(directory).dev)
      return { device, totalBytes: bsize * blocks, availableBytes: bsize * bavail, inodes }
    }),
  lock: path => attempt('lock', path, () => lockFile(path))
}
