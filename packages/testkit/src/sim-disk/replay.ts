import { assert } from '@streambus/base'
import { MemoryDisk, type MemoryDiskOptions } from '../memory-disk.ts'
import type { MemoryInode } from '../memory-inode.ts'
import { type CrashChoice, NOTHING_SURVIVES, survivors } from './survival.ts'
import type { DiskOperation, DiskTrace, SyncOutcome } from './trace.ts'
import type { DiskTree, PendingChange } from './tree.ts'

/** Goes through a trace once, forward, and can stop after any operation to see what a power cut would leave. */
export class TraceReplay {
  readonly #trace: DiskTrace
  readonly #tree: DiskTree
  readonly #files: Map<number, MemoryInode>
  readonly #syncs = new Map<number, ReturnType<MemoryInode['capture']>>()
  #at = 0
  #pending: PendingChange[] | null = null

  constructor(trace: DiskTrace) {
    this.#trace = trace
    this.#tree = trace.baseTree()
    this.#files = this.#tree.files()
  }

  /** How many operations have been done. */
  get at(): number {
    return this.#at
  }

  advanceTo(at: number): void {
    assert(at >= this.#at && at <= this.#trace.operations.length, `a replay at ${this.#at} cannot go to ${at}`)
    while (this.#at < at) this.#apply(this.#trace.operations[this.#at++] as DiskOperation)
    this.#pending = null
  }

  get pending(): readonly PendingChange[] {
    this.#pending ??= this.#tree.pending()
    return this.#pending
  }

  /** A disk of its own, as it would be found after a power cut now. */
  image(choice: CrashChoice, options: MemoryDiskOptions = {}): MemoryDisk {
    return new MemoryDisk(options, this.#tree.image(this.pending, survivors(choice, this.pending)))
  }

  #apply(operation: DiskOperation): void {
    switch (operation.kind) {
      case 'create': {
        const file = this.#tree.create(operation.path)
        this.#files.set(file.id, file)
        return
      }
      case 'write':
        return this.#file(operation.file).write(operation.bytes, operation.position)
      case 'truncate':
        return this.#file(operation.file).truncate(operation.sizeBytes)
      case 'syncBegin':
        this.#syncs.set(operation.sync, this.#file(operation.file).capture())
        return
      case 'syncEnd':
        return this.#endSync(operation.sync, operation.outcome)
      case 'rename':
        return this.#tree.rename(operation.path, operation.to)
      case 'removeDirectory':
        this.#tree.removeDirectory(operation.path)
        return
      case 'unlink':
      case 'makeDirectory':
      case 'syncDirectory':
        return this.#tree[operation.kind](operation.path)
    }
  }

  #endSync(sync: number, outcome: SyncOutcome): void {
    const capture = this.#syncs.get(sync)
    this.#syncs.delete(sync)
    if (outcome === 'durable') capture?.apply()
    else if (outcome === 'lost') capture?.drop()
  }

  #file(id: number): MemoryInode {
    const file = this.#files.get(id)
    assert(file !== undefined, `the trace writes to file ${id}, which it never created`)
    return file
  }
}

/** The disk as it would be found after a power cut after the first `at` operations of the trace. */
export function crashImage(
  trace: DiskTrace,
  at: number,
  choice: CrashChoice = NOTHING_SURVIVES,
  options: MemoryDiskOptions = {}
): MemoryDisk {
  const replay = new TraceReplay(trace)
  replay.advanceTo(at)
  return replay.image(choice, options)
}
