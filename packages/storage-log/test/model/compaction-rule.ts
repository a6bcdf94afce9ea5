import type { BatchRecord } from '@streambus/protocol/records'
import { must } from '../crash/contents.ts'
import { type OracleBatch, type Outcome, outcomesOf } from './oracle.ts'

/** What a round was told and what it says it did. */
export interface RoundFacts {
  /** The log when the round began, with what was below the log start in its first segment. */
  readonly batches: readonly OracleBatch[]
  readonly firstDirtyOffset: number
  readonly upToOffset: number
  readonly decidedOffset: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** The keys of everything below were known to the round. */
  readonly endOffset: number
}

/** Says for every batch what a round has to leave of it: last value per key, order and offsets kept. */
export class CompactionRule {
  readonly #facts: RoundFacts
  readonly #latest = new Map<string, number>()
  /** With those beyond `endOffset`, which a map that is full may know in part. */
  readonly #latestOfAll = new Map<string, number>()
  readonly #outcomes: Map<number, Outcome>

  constructor(facts: RoundFacts) {
    this.#facts = facts
    this.#outcomes = outcomesOf(facts.batches, facts.decidedOffset)
    for (const batch of facts.batches) {
      if (batch.isControl || this.#isAborted(batch)) continue
      for (const { offset, key } of batch.records) {
        if (key === null || offset < facts.firstDirtyOffset || offset >= facts.upToOffset) continue
        this.#latestOfAll.set(key.toString(), offset)
        if (offset < facts.endOffset) this.#latest.set(key.toString(), offset)
      }
    }
  }

  /** Throws Broken. `after` is null when the batch is gone. Records below `startOffset` are nobody's business. */
  check(before: OracleBatch, after: OracleBatch | null, startOffset: number): void {
    if (before.isControl) return this.#checkMarker(before, after)
    const records = after?.records.filter(({ offset }) => offset >= startOffset) ?? []
    const visible = before.records.filter(({ offset }) => offset >= startOffset)
    const found = new Set(records.map(({ offset }) => offset))
    const kept = visible.filter(
      record => this.#isKept(before, record) && (found.has(record.offset) || !this.#mayGo(record))
    )
    const what = `the batch ${before.baseOffset} … ${before.lastOffset}`
    must(print(records) === print(kept), () => {
      return `${what} has ${print(records)} after compaction, not ${print(kept)} of ${print(visible)}`
    })
    if (after === null) return
    must(header(before) === header(after), () => `${what} was ${header(before)} and is ${header(after)}`)
    const hasTombstone = kept.some(({ value }) => value === null)
    if (!hasTombstone || before.lastOffset >= this.#facts.endOffset) return
    const { nowMs, deleteRetentionMs } = this.#facts
    const horizonMs = before.horizonMs >= 0 ? before.horizonMs : nowMs + deleteRetentionMs
    must(after.horizonMs === horizonMs, () => `${what} has the delete horizon ${after.horizonMs}, not ${horizonMs}`)
  }

  #checkMarker(before: OracleBatch, after: OracleBatch | null): void {
    if (after !== null && after.records.length > 0) return
    const { nowMs } = this.#facts
    const isDue = before.horizonMs >= 0 && before.horizonMs <= nowMs
    must(isDue, () => `the marker at ${before.baseOffset} is gone before its delete horizon ${before.horizonMs}`)
  }

  #isKept(batch: OracleBatch, { offset, key, value }: BatchRecord): boolean {
    if (this.#isAborted(batch)) return false
    if (offset >= this.#facts.endOffset) return true
    if (key === null || (this.#latest.get(key.toString()) ?? -1) > offset) return false
    const isForgotten = value === null && batch.horizonMs >= 0 && batch.horizonMs <= this.#facts.nowMs
    return !isForgotten
  }

  #mayGo({ offset, key }: BatchRecord): boolean {
    const { endOffset } = this.#facts
    return offset < endOffset && key !== null && (this.#latestOfAll.get(key.toString()) ?? -1) >= endOffset
  }

  #isAborted({ baseOffset }: OracleBatch): boolean {
    return this.#outcomes.get(baseOffset) === 'aborted'
  }
}

function print(records: readonly BatchRecord[]): string {
  return records
    .map(({ offset, key, value, timestamp }) => `${offset}:${String(key)}=${String(value)}@${timestamp}`)
    .join(' ')
}

function header(batch: OracleBatch): string {
  const { baseOffset, lastOffset, leaderEpoch, producerId, producerEpoch, baseSequence, isTransactional } = batch
  return [baseOffset, lastOffset, leaderEpoch, producerId, producerEpoch, baseSequence, isTransactional].join(' ')
}
