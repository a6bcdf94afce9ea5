import fs from 'node:fs'
import path from 'node:path'
import { type Log, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { check } from './context.ts'
import { append, checkWhole, type LoadBatch, openLog } from './logs.ts'

/** `synced`: whoever writes asks for a sync each time; the others leave it to their settings, `os` to the kernel. */
export type FlushPolicy = 'synced' | 'flush.ms' | 'flush.messages' | 'os'

export interface TargetOptions {
  readonly directory: string
  readonly partitions: number
  readonly batch: LoadBatch
  /** Both are as in LogConfig. */
  readonly flushMs: number
  readonly flushMessages: number
}

/** Partitions that take batches: logs, or bare files. */
export interface AppendTarget {
  readonly syncs: number
  /** Hears how many batches of a partition are durable, whenever that has risen. */
  onDurable: (partition: number, batches: number) => void
  append(partition: number): void
  requestSync(partition: number): void
  /** To be called often: syncs what is older than `flush.ms`. */
  flushIfDue(): void
  /** Closes all. Throws when the files do not hold exactly the `batches` of each partition. */
  finish(batches: readonly number[]): void
}

/** One log per partition. */
export class LogTarget implements AppendTarget {
  onDurable: (partition: number, batches: number) => void = () => {}
  syncs = 0
  readonly #logs: Log[]
  readonly #batch: LoadBatch

  constructor(options: TargetOptions) {
    const { batch, directory, partitions, flushMs, flushMessages } = options
    const probe = { ...SILENT_LOG_PROBE, flushed: () => void this.syncs++ }
    this.#batch = batch
    this.#logs = Array.from({ length: partitions }, (_, partition) => {
      const log = openLog(path.join(directory, `append-${partition}`), { probe, config: { flushMs, flushMessages } })
      log.assignEpoch(0) // as a leader does once; several syncs that are no part of an append
      log.onDurable(offset => this.onDurable(partition, offset / batch.recordCount))
      return log
    })
  }

  append(partition: number): void {
    append(this.#logs[partition] as Log, this.#batch)
  }

  requestSync(partition: number): void {
    this.#logs[partition]?.requestSync()
  }

  flushIfDue(): void {
    for (const log of this.#logs) log.flushIfDue()
  }

  finish(batches: readonly number[]): void {
    for (const [partition, log] of this.#logs.entries()) {
      checkWhole(log, batches[partition] ?? 0)
      log.closeUnclean()
    }
  }
}

/**
 * One file per partition and nothing else: a write where the last one ended, and the same group commit in its barest
 * form, at most one fdatasync per file in the thread pool.
 */
export class BareTarget implements AppendTarget {
  onDurable: (partition: number, batches: number) => void = () => {}
  syncs = 0
  readonly #files: BareFile[]
  readonly #options: TargetOptions

  constructor(options: TargetOptions) {
    this.#options = options
    this.#files = Array.from({ length: options.partitions }, (_, partition) => {
      const fd = fs.openSync(path.join(options.directory, `bare-${partition}`), 'w')
      return new BareFile(fd, options.batch, batches => {
        this.syncs++
        this.onDurable(partition, batches)
      })
    })
  }

  append(partition: number): void {
    const file = this.#files[partition] as BareFile
    file.append()
    if (file.unsyncedBatches * this.#options.batch.recordCount >= this.#options.flushMessages) file.requestSync()
  }

  requestSync(partition: number): void {
    this.#files[partition]?.requestSync()
  }

  flushIfDue(): void {
    const nowMs = performance.now()
    for (const file of this.#files) if (nowMs - file.unsyncedSinceMs >= this.#options.flushMs) file.requestSync()
  }

  finish(batches: readonly number[]): void {
    for (const [partition, file] of this.#files.entries()) file.finish(batches[partition] ?? 0)
  }
}

class BareFile {
  /** Since a sync was last asked for. */
  unsyncedBatches = 0
  unsyncedSinceMs = Number.POSITIVE_INFINITY
  readonly #fd: number
  readonly #bytes: Buffer
  readonly #onDurable: (batches: number) => void
  #batches = 0
  #isRunning = false
  #isRequested = false
  #isFinished = false

  constructor(fd: number, batch: LoadBatch, onDurable: (batches: number) => void) {
    this.#fd = fd
    this.#bytes = batch.bytes
    this.#onDurable = onDurable
  }

  append(): void {
    fs.writeSync(this.#fd, this.#bytes, 0, this.#bytes.length, this.#batches * this.#bytes.length)
    this.#batches++
    if (this.unsyncedBatches++ === 0) this.unsyncedSinceMs = performance.now()
  }

  requestSync(): void {
    this.unsyncedBatches = 0
    this.unsyncedSinceMs = Number.POSITIVE_INFINITY
    if (this.#isRunning) this.#isRequested = true
    else this.#start()
  }

  finish(batches: number): void {
    const { size } = fs.fstatSync(this.#fd)
    // A descriptor must not be closed under a running sync.
    this.#isFinished = true
    if (!this.#isRunning) fs.closeSync(this.#fd)
    check(size === batches * this.#bytes.length, `a bare file has ${size} bytes after ${batches} batches`)
  }

  #start(): void {
    const covered = this.#batches
    this.#isRunning = true
    this.#isRequested = false
    fs.fdatasync(this.#fd, error => {
      if (error !== null) throw error
      this.#isRunning = false
      if (this.#isFinished) return fs.closeSync(this.#fd)
      if (this.#isRequested) this.#start()
      this.#onDurable(covered)
    })
  }
}
