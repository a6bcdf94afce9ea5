import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskSpace,
  type OpenOptions
} from '@streambus/base'
import { MemoryDirectory, type MemoryInode } from './memory-inode.ts'

export type FaultyOperation = 'open' | 'write' | 'read' | 'sync' | 'truncate' | 'rename' | 'unlink' | 'syncDirectory'

export interface Fault {
  /** The operating system's code, such as ENOSPC or EIO. */
  readonly code: string
  /** Only a path that contains this text is hit. Default: every path. */
  readonly path?: string
  /** For `write`: this many bytes reach the file first, as on a nearly full disk. Default 0. */
  readonly shortBytes?: number
}

export interface MemoryDiskOptions {
  /** `manual`: an asynchronous sync ends only in `completeSyncs()`. `auto`: in the next microtask. Default `auto`. */
  readonly syncs?: 'auto' | 'manual'
  /** Writes that would need more fail with ENOSPC after a short write. Default: no limit. */
  readonly capacityBytes?: number
}

export interface CrashOptions {
  /** How many of the unsynced bytes at the end of a file survive (0 … unsyncedBytes). Default: none. */
  readonly keep?: (path: string, unsyncedBytes: number) => number
}

/** What the real disk calls these operations in its errors. */
const SYSTEM_CALLS: Record<FaultyOperation, string> = {
  open: 'open',
  write: 'write',
  read: 'read',
  sync: 'fdatasync',
  truncate: 'ftruncate',
  rename: 'rename',
  unlink: 'unlink',
  syncDirectory: 'fsync'
}

interface PendingSync {
  readonly finish: () => void
}

/**
 * A disk that forgets like a real one: a write is durable after a sync of the file that began after the write, and a
 * name is durable after a sync of its directory. `crash` drops the rest (a power cut), `kill` keeps it (kill −9:
 * the page cache survives the process). Both make every open handle unusable.
 */
export class MemoryDisk implements Disk {
  readonly #root = new MemoryDirectory()
  readonly #options: MemoryDiskOptions
  readonly #locks = new Set<string>()
  #faults: { operation: FaultyOperation; fault: Fault }[] = []
  #pending: PendingSync[] = []
  /** Handles of an older boot are dead. */
  #boot = 0
  /** Files handed out and not closed, for tests of handle limits. */
  openFiles = 0
  /** Completed operations since creation, for tests that count syncs. */
  readonly counts = { open: 0, write: 0, read: 0, sync: 0, syncDirectory: 0 }

  constructor(options: MemoryDiskOptions = {}) {
    this.#options = options
  }

  get boot(): number {
    return this.#boot
  }

  /** The next matching operation fails once. Several faults may be armed; each fires once. */
  failNext(operation: FaultyOperation, fault: Fault): void {
    this.#faults.push({ operation, fault })
  }

  /** Ends the oldest `count` asynchronous syncs that are under way (all by default). Only for `syncs: 'manual'`. */
  completeSyncs(count = Number.POSITIVE_INFINITY): void {
    const batch = this.#pending.splice(0, count)
    for (const pending of batch) pending.finish()
  }

  get pendingSyncs(): number {
    return this.#pending.length
  }

  /** Power cut: unsynced contents and unsynced directory entries are gone; locks and handles too. */
  crash(options: CrashOptions = {}): void {
    this.kill()
    this.#root.dropUnsynced('', options.keep ?? (() => 0))
  }

  /** kill −9: contents stay as the last write left them; syncs under way never report. */
  kill(): void {
    this.#boot++
    this.#pending = []
    this.#faults = []
    this.#locks.clear()
    this.openFiles = 0
  }

  open(path: string, options: OpenOptions = {}): DiskFile {
    this.hit('open', path)
    const { directory, name } = this.#parent(path, 'open')
    let node = directory.entries.get(name)
    if (node instanceof MemoryDirectory) throw failure('EISDIR', 'open', path)
    if (node === undefined) {
      if (options.create !== true || options.readOnly === true) throw failure('ENOENT', 'open', path)
      node = directory.create(name)
    }
    this.openFiles++
    this.counts.open++
    return new MemoryFile(this, { path, inode: node, readOnly: options.readOnly === true })
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined
  }

  list(directory: string): readonly DirectoryEntry[] {
    const node = this.#directory(directory, 'readdir')
    return [...node.entries]
      .map(([name, entry]) => ({ name, isDirectory: entry instanceof MemoryDirectory }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  makeDirectory(path: string): void {
    let node = this.#root
    for (const name of parts(path)) {
      let next = node.entries.get(name)
      if (next === undefined) {
        next = new MemoryDirectory()
        node.entries.set(name, next)
      }
      if (!(next instanceof MemoryDirectory)) throw failure('ENOTDIR', 'mkdir', path)
      node = next
    }
  }

  rename(from: string, to: string): void {
    this.hit('rename', from)
    const source = this.#parent(from, 'rename')
    const target = this.#parent(to, 'rename')
    const node = source.directory.entries.get(source.name)
    if (node === undefined) throw failure('ENOENT', 'rename', from)
    source.directory.entries.delete(source.name)
    target.directory.entries.set(target.name, node)
  }

  unlink(path: string): void {
    this.hit('unlink', path)
    const { directory, name } = this.#parent(path, 'unlink')
    if (!directory.entries.delete(name)) throw failure('ENOENT', 'unlink', path)
  }

  removeDirectory(path: string): void {
    const names = parts(path)
    const name = names.pop()
    const parent = this.#find(`/${names.join('/')}`)
    if (name !== undefined && parent instanceof MemoryDirectory) parent.entries.delete(name)
  }

  syncDirectory(path: string): void {
    this.hit('syncDirectory', path)
    this.#directory(path, 'fsync').syncEntries()
    this.counts.syncDirectory++
  }

  space(_directory: string): DiskSpace {
    const totalBytes = this.#options.capacityBytes ?? 2 ** 40
    return { device: 'memory', totalBytes, availableBytes: Math.max(0, totalBytes - this.#root.usedBytes()) }
  }

  lock(path: string): { release(): void } {
    if (this.#locks.has(path)) {
      const message = `${path} is held: another broker uses this directory`
      throw new DiskError({ code: 'ELOCKED', operation: 'lock', path, message })
    }
    this.#locks.add(path)
    return { release: () => void this.#locks.delete(path) }
  }

  /** Throws the armed fault for this operation, if there is one. Used by the files of this disk. */
  hit(operation: FaultyOperation, path: string): void {
    const fault = this.takeFault(operation, path)
    if (fault !== null) throw failure(fault.code, SYSTEM_CALLS[operation], path)
  }

  takeFault(operation: FaultyOperation, path: string): Fault | null {
    const index = this.#faults.findIndex(
      armed => armed.operation === operation && path.includes(armed.fault.path ?? '')
    )
    return index < 0 ? null : (this.#faults.splice(index, 1)[0]?.fault ?? null)
  }

  availableBytes(): number {
    return this.#options.capacityBytes === undefined ? Number.POSITIVE_INFINITY : this.space('/').availableBytes
  }

  enqueueSync(finish: () => void): void {
    const boot = this.#boot
    const pending = {
      finish: () => {
        if (boot === this.#boot) finish()
      }
    }
    if (this.#options.syncs === 'manual') this.#pending.push(pending)
    else queueMicrotask(pending.finish)
  }

  #find(path: string): MemoryDirectory | MemoryInode | undefined {
    let node: MemoryDirectory | MemoryInode | undefined = this.#root
    for (const name of parts(path)) {
      if (!(node instanceof MemoryDirectory)) return undefined
      node = node.entries.get(name)
    }
    return node
  }

  #directory(path: string, operation: string): MemoryDirectory {
    const node = this.#find(path)
    if (node === undefined) throw failure('ENOENT', operation, path)
    if (!(node instanceof MemoryDirectory)) throw failure('ENOTDIR', operation, path)
    return node
  }

  #parent(path: string, operation: string): { directory: MemoryDirectory; name: string } {
    const names = parts(path)
    const name = names.pop()
    if (name === undefined) throw failure('EISDIR', operation, path)
    return { directory: this.#directory(`/${names.join('/')}`, operation), name }
  }
}

class MemoryFile implements DiskFile {
  readonly path: string
  readonly #disk: MemoryDisk
  readonly #inode: MemoryInode
  readonly #readOnly: boolean
  readonly #boot: number
  #isOpen = true

  constructor(disk: MemoryDisk, options: { path: string; inode: MemoryInode; readOnly: boolean }) {
    this.path = options.path
    this.#disk = disk
    this.#inode = options.inode
    this.#readOnly = options.readOnly
    this.#boot = disk.boot
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    this.#check('write')
    if (this.#readOnly) throw failure('EBADF', 'write', this.path)
    const fault = this.#disk.takeFault('write', this.path)
    // Bytes that may be written: overwriting needs no room on the disk.
    const overwritten = Math.max(0, this.#inode.size - position)
    let room = fault === null ? overwritten + this.#disk.availableBytes() : (fault.shortBytes ?? 0)
    for (const chunk of chunks) {
      const taken = Math.min(chunk.length, room)
      this.#inode.write(chunk.subarray(0, taken), position)
      if (taken < chunk.length) throw failure(fault?.code ?? 'ENOSPC', 'write', this.path)
      room -= taken
      position += taken
    }
    if (fault !== null) throw failure(fault.code, 'write', this.path)
    this.#disk.counts.write++
  }

  read(target: Uint8Array, position: number): number {
    this.#check('read')
    this.#disk.hit('read', this.path)
    this.#disk.counts.read++
    return this.#inode.read(target, position)
  }

  sync(done: (error: DiskError | null) => void): void {
    this.#check('fdatasync')
    const fault = this.#disk.takeFault('sync', this.path)
    const apply = this.#inode.capture()
    this.#disk.enqueueSync(() => {
      // What closes the descriptor under a running fdatasync gets EBADF on a real disk.
      if (fault !== null || !this.#isOpen) return done(failure(fault?.code ?? 'EBADF', 'fdatasync', this.path))
      apply()
      this.#disk.counts.sync++
      done(null)
    })
  }

  syncNow(): void {
    this.#check('fdatasync')
    const fault = this.#disk.takeFault('sync', this.path)
    if (fault !== null) throw failure(fault.code, 'fdatasync', this.path)
    this.#inode.capture()()
    this.#disk.counts.sync++
  }

  truncate(sizeBytes: number): void {
    this.#check('ftruncate')
    this.#disk.hit('truncate', this.path)
    this.#inode.truncate(sizeBytes)
  }

  sizeBytes(): number {
    this.#check('fstat')
    return this.#inode.size
  }

  close(): void {
    this.#check('close')
    this.#isOpen = false
    this.#disk.openFiles--
  }

  #check(operation: string): void {
    if (!this.#isOpen || this.#boot !== this.#disk.boot) throw failure('EBADF', operation, this.path)
  }
}

function parts(path: string): string[] {
  return path.split('/').filter(name => name !== '')
}

function failure(code: string, operation: string, path: string): DiskError {
  return new DiskError({ code, operation, path })
}
