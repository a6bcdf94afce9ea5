import { crc32c, type Disk } from '@streambus/base'
import { readInt64Rounded } from '@streambus/protocol/records'
import type { AbortedTransaction } from '../lookup/transaction-index.ts'
import { EntryReader } from './entry-reader.ts'
import type { Say } from './finding.ts'

export const TRANSACTION_ENTRY_BYTES = 34
export const TRANSACTION_SEAL_BYTES = 32
const CRC_CHUNK_BYTES = 256 * 1024

export interface TransactionSeal {
  readonly endOffset: number
  readonly maxTimestampMs: number
  readonly maxTimestampOffset: number
  /** Size of the data file when it was written. */
  readonly logBytes: number
  readonly crc: number
  /** Of the bytes before it. */
  readonly computedCrc: number
}

/** What StreamBus writes behind the entries; null for a file without it, as Kafka's are. Throws DiskError. */
export function readTransactionSeal(disk: Disk, path: string): TransactionSeal | null {
  const file = disk.open(path, { readOnly: true })
  try {
    const fileBytes = file.sizeBytes()
    if (fileBytes % TRANSACTION_ENTRY_BYTES !== TRANSACTION_SEAL_BYTES) return null
    const seal = Buffer.alloc(TRANSACTION_SEAL_BYTES)
    file.read(seal, fileBytes - TRANSACTION_SEAL_BYTES)
    const chunk = Buffer.allocUnsafe(Math.min(CRC_CHUNK_BYTES, fileBytes))
    let crc = 0
    for (let at = 0; at < fileBytes - 4; at += chunk.length) {
      const part = chunk.subarray(0, Math.min(chunk.length, fileBytes - 4 - at))
      crc = crc32c(part.subarray(0, file.read(part, at)), crc)
    }
    return {
      endOffset: readInt64Rounded(seal, 0),
      maxTimestampMs: readInt64Rounded(seal, 8),
      maxTimestampOffset: readInt64Rounded(seal, 16),
      logBytes: seal.readInt32BE(24),
      crc: seal.readUInt32BE(28),
      computedCrc: crc
    }
  } finally {
    file.close()
  }
}

export interface TransactionCheckOptions {
  readonly disk: Disk
  readonly path: string
  readonly say: Say
  /** Where the replay of transactions began: what was opened below is not known. */
  readonly knownFrom: number
  /** The segment is complete and was settled before the last stop. */
  readonly isSettled: boolean
}

/** Compares the transaction index of a segment with the abort markers in it, as a replay of the log meets them. */
export class TransactionIndexCheck {
  readonly #options: TransactionCheckOptions
  readonly #reader: EntryReader
  readonly #seal: TransactionSeal | null
  #lastMarker = -1

  /** Throws DiskError. */
  constructor(options: TransactionCheckOptions) {
    const { disk, path, say } = options
    this.#options = options
    this.#seal = readTransactionSeal(disk, path)
    const footerBytes = this.#seal === null ? 0 : TRANSACTION_SEAL_BYTES
    this.#reader = new EntryReader(disk, { path, entryBytes: TRANSACTION_ENTRY_BYTES, footerBytes }, say)
    if (this.#seal !== null && this.#seal.crc !== this.#seal.computedCrc) {
      const { crc, computedCrc } = this.#seal
      say('damage', 'bad-index', this.#reader.fileBytes - 4, `CRC is ${crc}, of the bytes it is ${computedCrc}`)
    }
    this.#advance()
  }

  get fileBytes(): number {
    return this.#reader.fileBytes
  }

  get count(): number {
    return this.#reader.count
  }

  /** A replay of the batches found this one. `isExact`: nothing is missing from what it saw. */
  aborted(found: AbortedTransaction, isExact: boolean): void {
    while (!this.#reader.isAtEnd && this.#markerOffset < found.lastOffset) this.#superfluous(isExact)
    if (this.#reader.isAtEnd || this.#markerOffset > found.lastOffset) {
      const isSealed = this.#seal === null || found.lastOffset < this.#seal.endOffset
      if (isExact && isSealed) this.#missing(found)
      return
    }
    if (isExact) this.#compare(found)
    this.#advance()
  }

  /** No batch follows; the segment ends at `endOffset`. */
  end(segment: { endOffset: number; maxTimestampMs: number; nextBaseOffset: number; isExact: boolean }): void {
    while (!this.#reader.isAtEnd) this.#superfluous(segment.isExact)
    if (this.#seal !== null) this.#checkSeal(this.#seal, segment)
  }

  close(): void {
    this.#reader.close()
  }

  get #markerOffset(): number {
    return readInt64Rounded(this.#reader.bytes, 18)
  }

  #checkSeal(
    seal: TransactionSeal,
    segment: { endOffset: number; maxTimestampMs: number; nextBaseOffset: number }
  ): void {
    const { isSettled, say } = this.#options
    const at = this.#reader.fileBytes - TRANSACTION_SEAL_BYTES
    const endMax = Math.max(segment.endOffset, segment.nextBaseOffset)
    if (seal.endOffset > endMax) {
      const code = isSettled ? 'lost-records' : 'bad-index'
      say(
        'damage',
        code,
        at,
        `it was written when the log ended at offset ${seal.endOffset}; the batches end at ${endMax}`
      )
    } else if (seal.endOffset >= segment.endOffset && seal.maxTimestampMs !== segment.maxTimestampMs) {
      const message = `maximum timestamp ${seal.maxTimestampMs}, of the batches it is ${segment.maxTimestampMs}`
      say('damage', 'bad-index', at + 8, message)
    }
  }

  #compare(found: AbortedTransaction): void {
    const { bytes, position } = this.#reader
    const producerId = readInt64Rounded(bytes, 2)
    const firstOffset = readInt64Rounded(bytes, 10)
    const lastStableOffset = readInt64Rounded(bytes, 26)
    // A transaction that was open before the replay began may have begun, or keep the last stable offset, below it.
    const { knownFrom } = this.#options
    const isFirstRight = firstOffset === found.firstOffset || (knownFrom > 0 && firstOffset < knownFrom)
    const isStableRight = lastStableOffset === found.lastStableOffset || (knownFrom > 0 && lastStableOffset < knownFrom)
    if (producerId === found.producerId && isFirstRight && isStableRight) return
    const entry = `producer ${producerId}, offsets ${firstOffset} … ${found.lastOffset}, last stable ${lastStableOffset}`
    const batches = `producer ${found.producerId}, ${found.firstOffset} …, last stable ${found.lastStableOffset}`
    this.#blame(position, `the entry says ${entry}; the batches say ${batches}`)
  }

  #missing(found: AbortedTransaction): void {
    const message = `the transaction of producer ${found.producerId} that was aborted at offset ${found.lastOffset} is missing`
    this.#blame(this.#reader.position, message)
  }

  #superfluous(isExact: boolean): void {
    const firstOffset = readInt64Rounded(this.#reader.bytes, 10)
    if (isExact && firstOffset >= this.#options.knownFrom) {
      this.#blame(this.#reader.position, `no transaction was aborted at offset ${this.#markerOffset}`)
    }
    this.#advance()
  }

  #blame(position: number, message: string): void {
    this.#options.say('damage', 'bad-index', position, message)
  }

  #advance(): void {
    if (!this.#reader.next()) return
    const version = this.#reader.bytes.readInt16BE(0)
    if (version !== 0) this.#blame(this.#reader.position, `version ${version}, only 0 can be read`)
    const marker = this.#markerOffset
    if (marker <= this.#lastMarker) this.#blame(this.#reader.position, 'the entry does not rise above the one before')
    this.#lastMarker = marker
  }
}
