import { readInt64Rounded } from '@streambus/protocol/records'
import type { StoredBatch } from '../segment/stored-batch.ts'
import type { EntryReader } from './entry-reader.ts'
import type { Say } from './finding.ts'

export const OFFSET_ENTRY_BYTES = 8
export const TIME_ENTRY_BYTES = 12

/** What is compared with the batches of a segment while they pass by, in order. */
export interface IndexCheck {
  /** The next valid batch. Throws DiskError. */
  batch(batch: StoredBatch, position: number): void
  /** What lies below `position` was damaged: what points there is not to be blamed. */
  skipTo(position: number, offset: number): void
  /** No batch follows. */
  end(): void
}

/**
 * Offset index: (offset, position) says that a batch begins at the position, and that the offset is its last. Kafka
 * writes one entry for several batches that came together: then it is the last offset of the last of them.
 */
export class OffsetIndexCheck implements IndexCheck {
  readonly #reader: EntryReader
  readonly #baseOffset: number
  readonly #say: Say
  #offset = -1
  #position = -1
  /** The last offset that an entry promised from a batch that has passed; −1: none is open. */
  #promised = -1
  #promisedAt = 0

  constructor(reader: EntryReader, baseOffset: number, say: Say) {
    this.#reader = reader
    this.#baseOffset = baseOffset
    this.#say = say
    this.#advance()
  }

  batch(batch: StoredBatch, position: number): void {
    while (!this.#reader.isAtEnd && this.#position <= position) {
      if (this.#position < position) this.#blame(`no batch begins at position ${this.#position}`)
      else this.#open()
      this.#advance()
    }
    if (this.#promised < 0 || batch.lastOffset < this.#promised) return
    if (batch.lastOffset !== this.#promised) this.#breakPromise()
    this.#promised = -1
  }

  skipTo(position: number): void {
    this.#promised = -1
    while (!this.#reader.isAtEnd && this.#position < position) this.#advance()
  }

  end(): void {
    if (this.#promised >= 0) this.#breakPromise()
    if (!this.#reader.isAtEnd) this.#blame(`position ${this.#position} is behind the last batch`)
    while (!this.#reader.isAtEnd) this.#advance()
  }

  #open(): void {
    if (this.#promised >= 0) this.#breakPromise()
    this.#promised = this.#offset
    this.#promisedAt = this.#reader.position
  }

  #breakPromise(): void {
    this.#say('damage', 'bad-index', this.#promisedAt, `no batch there ends in offset ${this.#promised}`)
    this.#promised = -1
  }

  #blame(message: string): void {
    this.#say('damage', 'bad-index', this.#reader.position, message)
  }

  #advance(): void {
    const lastOffset = this.#offset
    const lastPosition = this.#position
    if (!this.#reader.next()) return
    this.#offset = this.#baseOffset + this.#reader.bytes.readInt32BE(0)
    this.#position = this.#reader.bytes.readInt32BE(4)
    if (this.#offset <= lastOffset || this.#position <= lastPosition)
      this.#blame('the entry does not rise above the one before')
  }
}

/**
 * Time index: (timestamp, offset) says that the batch with the offset has this maximum timestamp, and that none before
 * has a later one.
 */
export class TimeIndexCheck implements IndexCheck {
  readonly #reader: EntryReader
  readonly #baseOffset: number
  readonly #say: Say
  #timestamp = -1
  #offset = -1
  #maxTimestamp = -1

  constructor(reader: EntryReader, baseOffset: number, say: Say) {
    this.#reader = reader
    this.#baseOffset = baseOffset
    this.#say = say
    this.#advance()
  }

  batch(batch: StoredBatch): void {
    this.#maxTimestamp = Math.max(this.#maxTimestamp, batch.maxTimestamp)
    while (!this.#reader.isAtEnd && this.#offset <= batch.lastOffset) {
      if (this.#offset < batch.baseOffset) this.#blame(`no batch has offset ${this.#offset}`)
      else if (this.#timestamp !== batch.maxTimestamp) {
        this.#blame(`timestamp ${this.#timestamp}, the batch with offset ${this.#offset} has ${batch.maxTimestamp}`)
      } else if (this.#timestamp < this.#maxTimestamp) {
        this.#blame(`a batch before offset ${this.#offset} has the later timestamp ${this.#maxTimestamp}`)
      }
      this.#advance()
    }
  }

  skipTo(_position: number, offset: number): void {
    while (!this.#reader.isAtEnd && this.#offset < offset) this.#advance()
  }

  end(): void {
    if (!this.#reader.isAtEnd) this.#blame(`offset ${this.#offset} is behind the last batch`)
    while (!this.#reader.isAtEnd) this.#advance()
  }

  #blame(message: string): void {
    this.#say('damage', 'bad-index', this.#reader.position, message)
  }

  #advance(): void {
    const lastTimestamp = this.#timestamp
    const lastOffset = this.#offset
    if (!this.#reader.next()) return
    this.#timestamp = readInt64Rounded(this.#reader.bytes, 0)
    this.#offset = this.#baseOffset + this.#reader.bytes.readInt32BE(8)
    const rises = this.#timestamp > lastTimestamp && this.#offset > lastOffset
    if (!rises && this.#reader.count > 1) this.#blame('the entry does not rise above the one before')
  }
}
