import { type BatchRecord, readLeaderEpoch } from '@streambus/protocol/records'
import { type Batch, decode } from '../compaction/log-files.ts'

/** One batch as the log stores it, with everything that can be asked about it. */
export interface OracleBatch extends Batch {
  readonly leaderEpoch: number
  /** For control batches with an end-of-transaction marker. */
  readonly marker: 'commit' | 'abort' | null
}

export type Outcome = 'committed' | 'aborted' | 'open'

/** What one producer may do next, according to the batches of a log. */
export interface OracleProducer {
  epoch: number
  /** −1: it has written nothing in its epoch. */
  nextSequence: number
  isTransactional: boolean
  /** First offset of its open transaction; −1: none. */
  openSince: number
  /** Offset of the newest batch or marker. */
  lastOffset: number
  /** The last five of its epoch. */
  kept: OracleBatch[]
}

/** The sequence after 2^31 − 1 is 0. */
export const SEQUENCES = 2 ** 31

export function decodeStored(bytes: Buffer): OracleBatch[] {
  return decode(bytes).map(batch => ({
    ...batch,
    leaderEpoch: readLeaderEpoch(batch.bytes, 0),
    marker: batch.isControl ? markerOf(batch.records[0]) : null
  }))
}

function markerOf(record: BatchRecord | undefined): OracleBatch['marker'] {
  const type = record?.key?.[3]
  return type === undefined ? null : type === 1 ? 'commit' : 'abort'
}

/** Producers by reading every batch in order. */
export function producersOf(batches: readonly OracleBatch[]): Map<number, OracleProducer> {
  const producers = new Map<number, OracleProducer>()
  for (const batch of batches) {
    const { producerId, producerEpoch, lastOffset } = batch
    if (producerId < 0) continue
    let producer = producers.get(producerId)
    if (producer === undefined || producer.epoch !== producerEpoch) {
      const openSince = producer?.openSince ?? -1
      const isTransactional = batch.isTransactional
      producer = { epoch: producerEpoch, nextSequence: -1, isTransactional, openSince, lastOffset, kept: [] }
      producers.set(producerId, producer)
    }
    producer.lastOffset = lastOffset
    if (batch.isControl) {
      producer.openSince = -1
      continue
    }
    producer.nextSequence = (batch.lastSequence + 1) % SEQUENCES
    producer.isTransactional = batch.isTransactional
    if (batch.isTransactional && producer.openSince < 0) producer.openSince = batch.baseOffset
    producer.kept = [...producer.kept, batch].slice(-5)
  }
  return producers
}

/** What became of each transactional data batch, by base offset; a marker counts below `decidedOffset`. */
export function outcomesOf(batches: readonly OracleBatch[], decidedOffset: number): Map<number, Outcome> {
  const outcomes = new Map<number, Outcome>()
  const open = new Map<number, number[]>()
  for (const batch of batches) {
    if (!batch.isTransactional) continue
    const mine = open.get(batch.producerId) ?? []
    if (!batch.isControl) {
      outcomes.set(batch.baseOffset, 'open')
      open.set(batch.producerId, [...mine, batch.baseOffset])
    } else if (batch.baseOffset < decidedOffset) {
      const outcome = batch.marker === 'abort' ? 'aborted' : 'committed'
      for (const baseOffset of mine) outcomes.set(baseOffset, outcome)
      open.delete(batch.producerId)
    }
  }
  return outcomes
}

/** Where a consumer with read_committed stops. */
export function lastStableOffset(batches: readonly OracleBatch[], highWatermark: number): number {
  const outcomes = outcomesOf(batches, highWatermark)
  for (const batch of batches)
    if (outcomes.get(batch.baseOffset) === 'open') return Math.min(batch.baseOffset, highWatermark)
  return highWatermark
}
