import { AppendRefused } from '../errors.ts'
import type { AbortedTransaction } from '../lookup/transaction-index.ts'

/** Kafka keeps five: as many requests as an idempotent producer may have in flight. */
const BATCHES_KEPT = 5
const FIELDS = 4
const SEQUENCES = 2 ** 31

/** What the log knows of one producer id (KIP-98). */
export class ProducerEntry {
  readonly producerId: number
  epoch: number
  coordinatorEpoch = -1
  /** First offset of the open transaction, or −1. */
  txnFirstOffset = -1
  /** Wall time of the last write, for expiry; record timestamps may be years older. */
  lastActiveMs: number
  /** Timestamp of the last batch or marker. */
  lastTimestampMs = -1
  /** The last batches, oldest first from `#first`: last sequence, last offset, offset delta, timestamp each. */
  readonly #batches: number[] = []
  #first = 0

  constructor(producerId: number, epoch: number, nowMs: number) {
    this.producerId = producerId
    this.epoch = epoch
    this.lastActiveMs = nowMs
  }

  get batchCount(): number {
    return this.#batches.length / FIELDS
  }

  /** −1 when the producer has written nothing in its epoch. */
  get lastSequence(): number {
    return this.batchCount === 0 ? -1 : this.lastSequenceOf(this.batchCount - 1)
  }

  /** `batch` counts from the oldest kept one. */
  lastSequenceOf(batch: number): number {
    return this.#batches[this.#slot(batch)] as number
  }

  lastOffsetOf(batch: number): number {
    return this.#batches[this.#slot(batch) + 1] as number
  }

  offsetDeltaOf(batch: number): number {
    return this.#batches[this.#slot(batch) + 2] as number
  }

  timestampOf(batch: number): number {
    return this.#batches[this.#slot(batch) + 3] as number
  }

  firstSequenceOf(batch: number): number {
    return (this.lastSequenceOf(batch) - this.offsetDeltaOf(batch) + SEQUENCES) % SEQUENCES
  }

  /** The kept batch with exactly this sequence range, or −1. */
  findDuplicate(firstSequence: number, lastSequence: number): number {
    for (let batch = this.batchCount - 1; batch >= 0; batch--) {
      if (this.lastSequenceOf(batch) === lastSequence && this.firstSequenceOf(batch) === firstSequence) return batch
    }
    return -1
  }

  forgetBatches(): void {
    this.#batches.length = 0
    this.#first = 0
  }

  // Four numbers instead of an object: this runs once per append.
  addBatch(lastSequence: number, lastOffset: number, offsetDelta: number, timestampMs: number): void {
    this.lastTimestampMs = timestampMs
    if (this.#batches.length < BATCHES_KEPT * FIELDS) {
      this.#batches.push(lastSequence, lastOffset, offsetDelta, timestampMs)
      return
    }
    const slot = this.#first * FIELDS
    this.#batches[slot] = lastSequence
    this.#batches[slot + 1] = lastOffset
    this.#batches[slot + 2] = offsetDelta
    this.#batches[slot + 3] = timestampMs
    this.#first = (this.#first + 1) % BATCHES_KEPT
  }

  #slot(batch: number): number {
    return ((this.#first + batch) % BATCHES_KEPT) * FIELDS
  }
}

/** The fields of a data batch that producer state is made of. */
export interface SequencedBatch {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastOffsetDelta: number
  readonly maxTimestamp: number
  readonly isTransactional: boolean
}

export interface TransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly isAbort: boolean
  readonly coordinatorEpoch: number
  readonly timestampMs: number
}

/**
 * Sequences and epochs of the producers of one log. `check…` only looks, `apply…` changes: a batch is applied after its
 * bytes were written, so that a failed write leaves no trace. Rules: KIP-98 as Apache Kafka's broker applies them.
 */
export class ProducerState {
  readonly #producers = new Map<number, ProducerEntry>()
  /** Producers with an open transaction; kept apart so that the first undecided offset costs nothing without them. */
  readonly #open = new Map<number, ProducerEntry>()

  get size(): number {
    return this.#producers.size
  }

  values(): IterableIterator<ProducerEntry> {
    return this.#producers.values()
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#producers.get(producerId)
  }

  /** First offset of the oldest open transaction, or −1. Consumers with read_committed stop there. */
  get firstUndecidedOffset(): number {
    let first = -1
    for (const entry of this.#open.values()) if (first < 0 || entry.txnFirstOffset < first) first = entry.txnFirstOffset
    return first
  }

  /**
   * The last offset of the original when `batch` repeats one of the producer's last five, −1 when it is new.
   * Throws AppendRefused for an old epoch or a sequence out of order.
   */
  check(batch: SequencedBatch): number {
    const entry = this.#producers.get(batch.producerId)
    // No state means it expired or its data was deleted: any sequence is right, or idle producers would die.
    if (entry === undefined) return -1
    if (batch.producerEpoch < entry.epoch) throw oldEpoch(batch, entry)
    if (batch.producerEpoch > entry.epoch) {
      if (batch.baseSequence !== 0) throw outOfOrder(batch, 0)
      return -1
    }
    const duplicate = entry.findDuplicate(batch.baseSequence, lastSequenceIn(batch))
    if (duplicate >= 0) return entry.lastOffsetOf(duplicate)
    const expected = entry.lastSequence < 0 ? 0 : (entry.lastSequence + 1) % SEQUENCES
    if (batch.baseSequence !== expected) throw outOfOrder(batch, expected)
    if (!batch.isTransactional && entry.txnFirstOffset >= 0) {
      const message = `producer ${batch.producerId} has an open transaction; a batch outside of it is refused`
      throw new AppendRefused('INVALID_TXN_STATE', message)
    }
    return -1
  }

  apply(batch: SequencedBatch, lastOffset: number, nowMs: number): void {
    const entry = this.#entryFor(batch.producerId, batch.producerEpoch, nowMs)
    entry.addBatch(lastSequenceIn(batch), lastOffset, batch.lastOffsetDelta, batch.maxTimestamp)
    if (batch.isTransactional && entry.txnFirstOffset < 0) {
      entry.txnFirstOffset = lastOffset - batch.lastOffsetDelta
      this.#open.set(entry.producerId, entry)
    }
  }

  /**
   * A commit or abort marker at `offset` ends the producer's transaction; it may carry a new epoch. Returns the
   * transaction if it was open and is aborted by this.
   */
  applyMarker(marker: TransactionMarker, offset: number, nowMs: number): AbortedTransaction | null {
    const entry = this.#entryFor(marker.producerId, marker.producerEpoch, nowMs)
    const firstOffset = entry.txnFirstOffset
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestampMs = marker.timestampMs
    entry.txnFirstOffset = -1
    this.#open.delete(entry.producerId)
    if (!marker.isAbort || firstOffset < 0) return null
    const undecided = this.firstUndecidedOffset
    const lastStableOffset = undecided < 0 ? offset + 1 : undecided
    return { producerId: marker.producerId, firstOffset, lastOffset: offset, lastStableOffset }
  }

  /** Takes an entry from a snapshot; a later one of the same producer adds its batch to the earlier one. */
  restore(producerId: number, epoch: number, nowMs: number): ProducerEntry {
    return this.#entryFor(producerId, epoch, nowMs)
  }

  reopenTransactions(): void {
    for (const entry of this.#producers.values()) if (entry.txnFirstOffset >= 0) this.#open.set(entry.producerId, entry)
  }

  /** Forgets producers without an open transaction whose last write is older than `expirationMs`. Returns how many. */
  expire(nowMs: number, expirationMs: number): number {
    const before = this.#producers.size
    for (const entry of this.#producers.values()) {
      if (entry.txnFirstOffset < 0 && nowMs - entry.lastActiveMs >= expirationMs)
        this.#producers.delete(entry.producerId)
    }
    return before - this.#producers.size
  }

  clear(): void {
    this.#producers.clear()
    this.#open.clear()
  }

  #entryFor(producerId: number, epoch: number, nowMs: number): ProducerEntry {
    let entry = this.#producers.get(producerId)
    if (entry === undefined) {
      entry = new ProducerEntry(producerId, epoch, nowMs)
      this.#producers.set(producerId, entry)
    } else if (entry.epoch !== epoch) {
      entry.epoch = epoch
      entry.forgetBatches()
    }
    entry.lastActiveMs = nowMs
    return entry
  }
}

function lastSequenceIn(batch: SequencedBatch): number {
  return (batch.baseSequence + batch.lastOffsetDelta) % SEQUENCES
}

function oldEpoch(batch: SequencedBatch, entry: ProducerEntry): AppendRefused {
  return new AppendRefused(
    'INVALID_PRODUCER_EPOCH',
    `producer ${batch.producerId}: epoch ${batch.producerEpoch} is older than ${entry.epoch}; another instance took over`
  )
}

function outOfOrder(batch: SequencedBatch, expected: number): AppendRefused {
  return new AppendRefused(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `producer ${batch.producerId} epoch ${batch.producerEpoch}: sequence ${batch.baseSequence}, expected ${expected}`
  )
}
