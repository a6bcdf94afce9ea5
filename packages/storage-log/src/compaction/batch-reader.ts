import type { DiskFile } from '@streambus/base'
import { computeCrc, HEADER_BYTES } from '@streambus/protocol/records'
import { LogCorrupt } from '../errors.ts'
import { StoredBatch } from '../segment/stored-batch.ts'
import { account, type CompactionHooks } from './hooks.ts'

export interface BatchReaderOptions {
  /** Size of one read; a larger batch gets a buffer of its own for as long as it is looked at. */
  readonly chunkBytes: number
  /** No batch can be larger; a length field that says more is damage. */
  readonly batchBytesMax: number
  readonly hooks: CompactionHooks
}

/**
 * Whole batches of segment files one after the other, each with a valid CRC: what is rewritten gets a new CRC, so
 * damage must not get that far. Batches are views into buffers that the next call overwrites.
 */
export class BatchReader {
  readonly batch = new StoredBatch()
  /** The current batch is `bytes` from `at` on, `batch.sizeBytes` long. */
  bytes: Buffer
  at = 0
  /** Where the current batch begins in the file. */
  position = 0
  bytesRead = 0
  readonly #options: BatchReaderOptions
  readonly #chunk: Buffer
  #file: DiskFile | null = null
  #until = 0
  #next = 0
  #chunkStart = 0
  #chunkBytes = 0

  constructor(options: BatchReaderOptions) {
    this.#options = options
    this.#chunk = Buffer.allocUnsafe(Math.max(options.chunkBytes, HEADER_BYTES))
    this.bytes = this.#chunk
  }

  /** Goes on with another file, whose first `sizeBytes` bytes are batches. The caller closes it. */
  begin(file: DiskFile, sizeBytes: number): void {
    this.#file = file
    this.#until = sizeBytes
    this.#next = 0
    this.#chunkStart = 0
    this.#chunkBytes = 0
  }

  /** False at the end of the file. Throws LogCorrupt, DiskError, CompactionStopped. */
  next(): boolean {
    this.position = this.#next
    const left = this.#until - this.position
    if (left === 0) return false
    if (left < HEADER_BYTES) throw this.corrupt('the bytes are not a whole record batch')
    if (this.position + HEADER_BYTES > this.#chunkStart + this.#chunkBytes) this.#fill()
    this.bytes = this.#chunk
    this.at = this.position - this.#chunkStart
    this.batch.read(this.bytes, this.at)
    const { sizeBytes } = this.batch
    if (!this.batch.isPlausible || sizeBytes > left) throw this.corrupt('the bytes are not a whole record batch')
    if (sizeBytes > this.#options.batchBytesMax) throw this.corrupt(`a batch cannot have ${sizeBytes} bytes`)
    if (this.position + sizeBytes > this.#chunkStart + this.#chunkBytes) this.#loadWhole(sizeBytes)
    if (computeCrc(this.bytes, this.at, this.at + sizeBytes) !== this.batch.crc) {
      throw this.corrupt('the CRC of the batch is wrong')
    }
    this.#next = this.position + sizeBytes
    return true
  }

  corrupt(reason: string): LogCorrupt {
    return new LogCorrupt({ path: this.#file?.path ?? '', position: this.position, reason, quarantined: null })
  }

  #loadWhole(sizeBytes: number): void {
    this.at = 0
    if (sizeBytes <= this.#chunk.length) return this.#fill()
    this.bytes = Buffer.allocUnsafe(sizeBytes)
    this.#read(this.bytes)
  }

  /** Makes the chunk begin at `position`. */
  #fill(): void {
    this.#chunkStart = this.position
    this.#chunkBytes = Math.min(this.#chunk.length, this.#until - this.position)
    this.#read(this.#chunk.subarray(0, this.#chunkBytes))
  }

  #read(target: Buffer): void {
    account(this.#options.hooks, target.length)
    const count = (this.#file as DiskFile).read(target, this.position)
    if (count !== target.length) throw this.corrupt(`the file ends ${target.length - count} bytes too early`)
    this.bytesRead += count
  }
}
