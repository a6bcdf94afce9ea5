import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskSpace,
  type OpenOptions
} from '@streambus/base'
import { MemoryDirectory, type MemoryInode } from './memory-inode.ts'
import { type Fault, Faults, type FaultyOperation, type Touched } from './sim-disk/faults.ts'
import { type CrashChoice, survivors } from './sim-disk/survival.ts'
import { type DiskOperation, DiskTrace, type SyncOutcome } from './sim-disk/trace.ts'
import { DiskTree, failure } from './sim-disk/tree.ts'

export type { Fault, FaultyOperation } from './sim-disk/faults.ts'

export interface MemoryDiskOptions {
  /** `manual`: an asynchronous sync ends only in `completeSyncs()`. `auto`: in the next microtask. Default `auto`. */
  readonly syncs?: 'auto' | 'manual'
  /** Writes that would need more fail with ENOSPC after a short write. Default: no limit. */
  readonly capacityBytes?: number
}

export interface CrashOptions {
  /** How many of the unsynced bytes at the end of a file survive (0 … unsyncedBytes). Default: none. */
  readonly keep?: (path: string, unsyncedBytes: number) => number
  /** Which of the single changes survive, names included; goes before `keep`. */
  readonly choice?: CrashChoice
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
 * name is durable after a sync of its directory. `crash` drops the rest or any part of it (a power cut), `kill` keeps
 * it (kill −9: the page cache survives the process). Both make every open handle unusable.
 */
export class MemoryDisk implements Disk {
  readonly #options: MemoryDiskOptions
  readonly #locks = new Set<string>()
  readonly #faults = new Faults()
  #tree: DiskTree
  #trace: DiskTrace | null = null
  #pending: PendingSync[] = []
  #syncCount = 0
  /** Handles of an older boot are dead. */
  #boot = 0
  /** Files handed out and not closed, for tests of handle limits. */
  openFiles = 0
  /** Completed operations since creation, for tests that count syncs. */
  readonly counts = { open: 0, write: 0, read: 0, sync: 0, syncDirectory: 0 }

  constructor(options: MemoryDiskOptions = {}, tree = new DiskTree()) {
    this.#options = options
    this.#tree = tree
  }

  get boot(): number {
    return this.#boot
  }

  /** The next matching operation fails once. Several faults may be armed; each fires once. */
  failNext(operation: FaultyOperation, fault: Fault): void {
    this.#faults.arm(operation, fault, true)
  }

  /** Every matching operation fails, over kills and crashes too, until the returned function is called. */
  failAlways(operation: FaultyOperation, fault: Fault): () => void {
    return this.#faults.arm(operation, fault, false)
  }

  /** Syncs of files and directories whose path contains `path` only say OK. Returns what ends the lie. */
  lieAboutSyncs(path = ''): () => void {
    return this.#faults.lie(path)
  }

  /** Asynchronous syncs of files whose path contains `path` do not end before the returned function is called. */
  stallSyncs(path = ''): () => void {
    return this.#faults.stall(path)
  }

  /** Rot: one bit of a file changes, in the page cache and on the device. `bit` is 0 … 7. Throws ENOENT. */
  flipBit(path: string, position: number, bit: number): void {
    const node = this.#tree.find(path)
    if (node === undefined || node instanceof MemoryDirectory) throw failure('ENOENT', 'open', path)
    node.flipBit(position, bit)
  }

  /** Ends the oldest `count` asynchronous syncs that are under way (all by default). Only for `syncs: 'manual'`. */
  completeSyncs(count = Number.POSITIVE_INFINITY): void {
    const batch = this.#pending.splice(0, count)
    for (const pending of batch) pending.finish()
  }

  get pendingSyncs(): number {
    return this.#pending.length
  }

  /** Writes down every change from now on; not over a crash. Throws when something is unsynced already. */
  record<Mark>(): DiskTrace<Mark> {
    if (this.#tree.pending().length > 0) throw new Error('a recording begins on a disk with nothing unsynced')
    const trace = new DiskTrace<Mark>(this.#tree)
    this.#trace = trace as DiskTrace
    return trace
  }

  /** Power cut: unsynced contents and names are gone, except for what the options keep; locks and handles too. */
  crash(options: CrashOptions = {}): void {
    this.kill()
    this.#trace = null
    const tree = this.#tree
    if (options.choice === undefined) {
      this.#tree = options.keep === undefined ? tree.image([], []) : tree.imageWithTails(options.keep)
      return
    }
    const pending = tree.pending()
    this.#tree = tree.image(pending, survivors(options.choice, pending))
  }

  /** kill −9: contents stay as the last write left them; syncs under way never report. */
  kill(): void {
    this.#boot++
    this.#pending = []
    this.#faults.forgetOnce()
    this.#locks.clear()
    this.openFiles = 0
  }

  open(path: string, options: OpenOptions = {}): DiskFile {
    this.hit('open', path)
    let node = this.#tree.find(path)
    if (node instanceof MemoryDirectory) throw failure('EISDIR', 'open', path)
    if (node === undefined) {
      if (options.create !== true || options.readOnly === true) throw failure('ENOENT', 'open', path)
      node = this.#tree.create(path)
      this.note({ kind: 'create', path })
    }
    this.openFiles++
    this.counts.open++
    return new MemoryFile(this, { path, inode: node, readOnly: options.readOnly === true })
  }

  exists(path: string): boolean {
    return this.#tree.find(path) !== undefined
  }

  sizeOf(path: string): number | null {
    const node = this.#tree.find(path)
    return node === undefined || node instanceof MemoryDirectory ? null : node.size
  }

  list(directory: string): readonly DirectoryEntry[] {
    const node = this.#tree.directory(directory, 'readdir')
    return [...node.entries]
      .map(([name, entry]) => ({ name, isDirectory: entry instanceof MemoryDirectory }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  makeDirectory(path: string): void {
    this.#tree.makeDirectory(path)
    this.note({ kind: 'makeDirectory', path })
  }

  rename(from: string, to: string): void {
    this.hit('rename', from)
    this.#tree.rename(from, to)
    this.note({ kind: 'rename', path: from, to })
  }

  unlink(path: string): void {
    this.hit('unlink', path)
    this.#tree.unlink(path)
    this.note({ kind: 'unlink', path })
  }

  removeDirectory(path: string): void {
    if (this.#tree.removeDirectory(path)) this.note({ kind: 'removeDirectory', path })
  }

  syncDirectory(path: string): void {
    this.hit('syncDirectory', path)
    if (!this.#faults.isLie(path)) {
      this.#tree.syncDirectory(path)
      this.note({ kind: 'syncDirectory', path })
    }
    this.counts.syncDirectory++
  }

  space(_directory: string): DiskSpace {
    const totalBytes = this.#options.capacityBytes ?? 2 ** 40
    const availableBytes = Math.max(0, totalBytes - this.#tree.root.usedBytes())
    return { device: 'memory', totalBytes, availableBytes, inodes: null }
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
  hit(operation: FaultyOperation, path: string, touched?: Touched): void {
    const fault = this.takeFault(operation, path, touched)
    if (fault !== null) throw failure(fault.code, SYSTEM_CALLS[operation], path)
  }

  takeFault(operation: FaultyOperation, path: string, touched?: Touched): Fault | null {
    return this.#faults.take(operation, path, touched)
  }

  note(operation: DiskOperation): void {
    this.#trace?.add(operation)
  }

  availableBytes(): number {
    return this.#options.capacityBytes === undefined ? Number.POSITIVE_INFINITY : this.space('/').availableBytes
  }

  /** Begins a sync of `inode`; the returned function ends it as the armed fault says and gives the error, or null. */
  beginSync(path: string, inode: MemoryInode): (isOpen: boolean) => DiskError | null {
    const fault = this.takeFault('sync', path)
    const sync = this.#syncCount++
    const capture = inode.capture()
    this.note({ kind: 'syncBegin', path, file: inode.id, sync })
    return isOpen => {
      let outcome: SyncOutcome = 'nothing'
      if (fault !== null && fault.marksClean === true) outcome = 'lost'
      else if (fault === null && isOpen && !this.#faults.isLie(path)) outcome = 'durable'
      if (outcome === 'durable') capture.apply()
      else if (outcome === 'lost') capture.drop()
      this.note({ kind: 'syncEnd', path, sync, outcome })
      if (fault === null && isOpen) this.counts.sync++
      // What closes the descriptor under a running fdatasync gets EBADF on a real disk.
      return fault === null && isOpen ? null : failure(fault?.code ?? 'EBADF', 'fdatasync', path)
    }
  }

  enqueueSync(path: string, end: () => void): void {
    const boot = this.#boot
    const finish = (): void => {
      if (boot === this.#boot) end()
    }
    if (this.#faults.isStalled(path, finish)) return
    if (this.#options.syncs === 'manual') this.#pending.push({ finish })
    else queueMicrotask(finish)
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
    this.#check('write', position)
    if (this.#readOnly) throw failure('EBADF', 'write', this.path)
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    const fault = this.#disk.takeFault('write', this.path, { from: position, until: position + bytes })
    const { room, code } = this.#room(fault, position)
    let taken = 0
    for (const chunk of chunks) {
      const part = chunk.subarray(0, Math.min(chunk.length, room - taken))
      this.#write(part, position + taken)
      taken += part.length
      if (part.length < chunk.length) break
    }
    if (fault !== null || taken < bytes) throw failure(code, 'write', this.path)
    this.#disk.counts.write++
  }

  read(target: Uint8Array, position: number): number {
    this.#check('read', position)
    this.#disk.hit('read', this.path, { from: position, until: position + target.length })
    this.#disk.counts.read++
    return this.#inode.read(target, position)
  }

  sync(done: (error: DiskError | null) => void): void {
    this.#check('fdatasync')
    const end = this.#disk.beginSync(this.path, this.#inode)
    this.#disk.enqueueSync(this.path, () => done(end(this.#isOpen)))
  }

  syncNow(): void {
    this.#check('fdatasync')
    const error = this.#disk.beginSync(this.path, this.#inode)(true)
    if (error !== null) throw error
  }

  truncate(sizeBytes: number): void {
    this.#check('ftruncate', sizeBytes)
    this.#disk.hit('truncate', this.path)
    this.#inode.truncate(sizeBytes)
    this.#disk.note({ kind: 'truncate', path: this.path, file: this.#inode.id, sizeBytes })
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

  /** How many bytes get through, and what is said about the others. Overwriting needs no room on the disk. */
  #room(fault: Fault | null, position: number): { room: number; code: string } {
    if (fault === null) {
      const overwritten = Math.max(0, this.#inode.size - position)
      return { room: overwritten + this.#disk.availableBytes(), code: 'ENOSPC' }
    }
    const beforeRange = fault.range === undefined ? 0 : Math.max(0, fault.range.from - position)
    return { room: fault.shortBytes ?? beforeRange, code: fault.code }
  }

  #write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return
    this.#inode.write(bytes, position)
    const { id } = this.#inode
    this.#disk.note({ kind: 'write', path: this.path, file: id, position, bytes: Buffer.from(bytes) })
  }

  #check(operation: string, position = 0): void {
    if (!(Number.isSafeInteger(position) && position >= 0)) throw failure('EINVAL', operation, this.path)
    if (!this.#isOpen || this.#boot !== this.#disk.boot) throw failure('EBADF', operation, this.path)
  }
}
