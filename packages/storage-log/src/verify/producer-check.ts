import { HEADER_BYTES } from '@streambus/protocol/records'
import type { AbortedTransaction } from '../lookup/transaction-index.ts'
import { readMarker } from '../producer/producer-replay.ts'
import { type ProducerEntry, ProducerState } from '../producer/producer-state.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import type { Say } from './finding.ts'

const PROBLEMS_MAX = 20

/**
 * Producers and transactions as the batches tell, from the start of the log or from a snapshot on. Exact as long as
 * nothing is missing: after damage, or what compaction removed, only the next snapshot makes it exact again.
 */
export class ProducerReplay {
  readonly #producersMax: number
  #state = new ProducerState()
  /** Offset at which the replay began. */
  knownFrom: number
  isExact: boolean
  /** Compaction was here: aborted transactions may have gone with their records. */
  hasHoles = false

  constructor(options: { baseOffset: number; producersMax: number }) {
    this.#producersMax = options.producersMax
    this.knownFrom = options.baseOffset
    this.isExact = options.baseOffset === 0
  }

  /** `bytes` is the whole batch. Returns the transaction that its marker aborts. */
  apply(batch: StoredBatch, bytes: Buffer): AbortedTransaction | null {
    if (batch.producerId < 0) return null
    if (!batch.isControl) {
      this.#state.apply(batch, batch.lastOffset, 0)
      if (this.#state.size > this.#producersMax) this.#giveUp()
      return null
    }
    const marker = readMarker(bytes, HEADER_BYTES)
    if (marker === null) return null
    const { producerId, producerEpoch, maxTimestamp: timestampMs } = batch
    return this.#state.applyMarker({ producerId, producerEpoch, timestampMs, ...marker }, batch.lastOffset, 0)
  }

  /** Batches are missing from what was seen. */
  loseTrack(): void {
    this.isExact = false
    this.hasHoles = true
  }

  /** Goes on from what a snapshot says. */
  adopt(state: ProducerState, offset: number): void {
    this.#state = state
    this.knownFrom = offset
    this.isExact = true
  }

  /** Compares with the snapshot that was taken where the replay stands. */
  compare(snapshot: ProducerState, say: Say): void {
    let problems = 0
    for (const entry of snapshot.values()) {
      const mine = this.#state.get(entry.producerId)
      const problem = mine === undefined ? 'no batch is from it' : difference(entry, mine)
      if (problem !== null && problems++ < PROBLEMS_MAX) {
        say('damage', 'bad-snapshot', -1, `producer ${entry.producerId}: ${problem}`)
      }
    }
    const missing = this.#state.size - snapshot.size + problems
    // Idle producers are forgotten after a day (producer.id.expiration.ms), by a clock that left no trace.
    if (problems === 0 && missing > 0) say('info', 'bad-snapshot', -1, `${missing} idle producers are no longer in it`)
  }

  #giveUp(): void {
    this.#state = new ProducerState()
    this.isExact = false
  }
}

function difference(snapshot: ProducerEntry, replayed: ProducerEntry): string | null {
  const pairs: readonly (readonly [string, number, number])[] = [
    ['epoch', snapshot.epoch, replayed.epoch],
    ['last sequence', snapshot.lastSequence, replayed.lastSequence],
    ['last offset', lastOffset(snapshot), lastOffset(replayed)],
    ['last timestamp', snapshot.lastTimestampMs, replayed.lastTimestampMs],
    ['coordinator epoch', snapshot.coordinatorEpoch, replayed.coordinatorEpoch],
    ['first offset of the open transaction', snapshot.txnFirstOffset, replayed.txnFirstOffset]
  ]
  const wrong = pairs.filter(([, saved, seen]) => saved !== seen)
  if (wrong.length === 0) return null
  return wrong.map(([name, saved, seen]) => `${name} ${saved}, the batches say ${seen}`).join('; ')
}

function lastOffset(entry: ProducerEntry): number {
  return entry.batchCount === 0 ? -1 : entry.lastOffsetOf(entry.batchCount - 1)
}
