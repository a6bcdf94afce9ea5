import type { BatchSummary } from '@streambus/protocol/records'

/** One batch as it was written, and what whoever looks for it may ask. */
export interface WrittenBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly leaderEpoch: number
  /** As stored: with base offset and leader epoch. */
  readonly bytes: Buffer
  readonly summary: BatchSummary
  /** Of what the batch holds; rewritten batches have gaps. */
  readonly records: readonly { readonly offset: number; readonly timestamp: number }[]
  /** For control batches. */
  readonly marker: 'commit' | 'abort' | null
}

/** What the log holds at one moment, and what of it was promised. Never changed, only replaced. */
export interface LedgerState {
  /** In offset order; those below the start are kept. */
  readonly batches: readonly WrittenBatch[]
  readonly startOffset: number
  readonly endOffset: number
  /** Everything below was acknowledged as durable. */
  readonly acknowledgedOffset: number
  readonly epochs: readonly { readonly epoch: number; readonly startOffset: number }[]
  readonly nowMs: number
  /** Compaction has been here: the log may begin before its first batch. */
  readonly hasGaps: boolean
}

/** While a step runs, a power cut may leave what was before or what will be after it. */
export interface Expectation {
  readonly step: string
  readonly before: LedgerState
  after: LedgerState
  /** The step drops every record: any part of what was before may be found in its midst. */
  readonly dropsAll: boolean
}

export function emptyLedger(nowMs: number): LedgerState {
  return { batches: [], startOffset: 0, endOffset: 0, acknowledgedOffset: 0, epochs: [], nowMs, hasGaps: false }
}

/** What one producer may do next, according to the batches of a log. */
export interface ExpectedProducer {
  epoch: number
  nextSequence: number
  isTransactional: boolean
  /** −1: no open transaction. */
  openSince: number
  /** The last five of its epoch: a repeated one is a duplicate. */
  kept: WrittenBatch[]
}

export interface ExpectedAbort {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
}

/** Producers and aborted transactions by reading every batch. */
export function replay(batches: readonly WrittenBatch[]): {
  producers: Map<number, ExpectedProducer>
  aborted: ExpectedAbort[]
} {
  const producers = new Map<number, ExpectedProducer>()
  const aborted: ExpectedAbort[] = []
  for (const batch of batches) {
    const { producerId, producerEpoch, baseSequence, lastOffsetDelta, isTransactional } = batch.summary
    if (producerId < 0) continue
    let producer = producers.get(producerId)
    if (producer === undefined || producer.epoch !== producerEpoch) {
      const openSince = producer?.openSince ?? -1
      producer = { epoch: producerEpoch, nextSequence: 0, isTransactional, openSince, kept: [] }
      producers.set(producerId, producer)
    }
    if (batch.marker !== null) {
      if (batch.marker === 'abort' && producer.openSince >= 0) {
        aborted.push({ producerId, firstOffset: producer.openSince, lastOffset: batch.lastOffset })
      }
      producer.openSince = -1
      continue
    }
    producer.nextSequence = baseSequence + lastOffsetDelta + 1
    producer.isTransactional = isTransactional
    if (isTransactional && producer.openSince < 0) producer.openSince = batch.baseOffset
    producer.kept = [...producer.kept, batch].slice(-5)
  }
  return { producers, aborted }
}

/** The highest epoch that was announced at or below `endOffset`. */
export function announcedEpoch(state: LedgerState, endOffset: number): number {
  let latest = -1
  for (const { epoch, startOffset } of state.epochs) if (startOffset <= endOffset) latest = Math.max(latest, epoch)
  return latest
}

/** The highest epoch of any batch that begins below `endOffset`, deleted ones included. */
export function writtenEpoch(state: LedgerState, endOffset: number): number {
  let latest = -1
  for (const { leaderEpoch, baseOffset } of state.batches) {
    if (baseOffset < endOffset) latest = Math.max(latest, leaderEpoch)
  }
  return latest
}

/** The highest epoch that anybody has heard of. */
export function highestEpoch({ before, after }: Expectation): number {
  const everywhere = Number.POSITIVE_INFINITY
  const states = [before, after]
  return Math.max(...states.map(state => Math.max(announcedEpoch(state, everywhere), writtenEpoch(state, everywhere))))
}

/** The state after everything below `startOffset` was deleted. An epoch that reaches beyond it begins there now. */
export function startingAt(state: LedgerState, startOffset: number): LedgerState {
  const covering = state.epochs.findLastIndex(epoch => epoch.startOffset <= startOffset)
  const epochs = state.epochs
    .slice(Math.max(0, covering))
    .map(each => ({ ...each, startOffset: Math.max(each.startOffset, startOffset) }))
  return { ...state, startOffset, epochs }
}

/** The records of a batch that nobody has rewritten. */
export function recordsOf(baseOffset: number, timestamps: readonly number[]): WrittenBatch['records'] {
  return timestamps.map((timestamp, i) => ({ offset: baseOffset + i, timestamp }))
}
