import { crc32c, type DiskFile } from '@streambus/base'
import { CRC_START, HEADER_BYTES } from '@streambus/protocol/records'
import { StoredBatch } from './stored-batch.ts'

/** `bad`: the bytes at `position` are not a whole batch. */
export type ScanStep = 'batch' | 'end' | 'bad'

const CRC_CHUNK_BYTES = 256 * 1024

/**
 * Walks batch headers of a segment file in order, reading `chunkBytes` at a time. Looks at headers only, unless asked.
 */
export class BatchScanner {
  readonly batch = new StoredBatch()
  /** Where the current batch begins. */
  position: number
  readonly #file: DiskFile
  readonly #endPosition: number
  readonly #chunkBytesMax: number
  #chunk: Buffer
  #chunkStart = 0
  #chunkBytes = 0
  #next: number

  /** `growTo`: each further read takes four times as much, up to this; for walks that are short as a rule. */
  constructor(file: DiskFile, options: { from: number; until: number; chunkBytes: number; growTo?: number }) {
    this.#file = file
    this.#endPosition = options.until
    this.#next = options.from
    this.position = options.from
    const chunkBytes = Math.min(options.chunkBytes, Math.max(HEADER_BYTES, options.until - options.from))
    this.#chunkBytesMax = options.growTo ?? options.chunkBytes
    this.#chunk = Buffer.allocUnsafe(chunkBytes)
  }

  next(): ScanStep {
    this.position = this.#next
    const left = this.#endPosition - this.position
    if (left === 0) return 'end'
    if (left < HEADER_BYTES || !this.#load(this.position)) return 'bad'
    this.batch.read(this.#chunk, this.position - this.#chunkStart)
    if (!this.batch.isPlausible || this.batch.sizeBytes > left) return 'bad'
    this.#next = this.position + this.batch.sizeBytes
    return 'batch'
  }

  /** Reads the current batch as a whole and compares its CRC. */
  hasValidCrc(): boolean {
    let at = this.position + CRC_START
    const end = this.position + this.batch.sizeBytes
    const bytes = Buffer.allocUnsafe(Math.min(CRC_CHUNK_BYTES, end - at))
    let crc = 0
    while (at < end) {
      const part = bytes.subarray(0, Math.min(bytes.length, end - at))
      if (this.#file.read(part, at) !== part.length) return false
      crc = crc32c(part, crc)
      at += part.length
    }
    return crc === this.batch.crc
  }

  /** Makes the header at `position` available in the chunk. */
  #load(position: number): boolean {
    const inChunk = position - this.#chunkStart
    if (inChunk >= 0 && inChunk + HEADER_BYTES <= this.#chunkBytes) return true
    if (this.#chunkBytes > 0 && this.#chunk.length < this.#chunkBytesMax) {
      this.#chunk = Buffer.allocUnsafe(Math.min(this.#chunkBytesMax, this.#chunk.length * 4))
    }
    const wanted = Math.min(this.#chunk.length, this.#endPosition - position)
    this.#chunkStart = position
    this.#chunkBytes = this.#file.read(this.#chunk.subarray(0, wanted), position)
    return this.#chunkBytes >= HEADER_BYTES
  }
}
