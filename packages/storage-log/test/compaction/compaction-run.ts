import * as fc from 'fast-check'
import { expect } from 'vitest'
import { newDisk } from '../helpers.ts'
import { type Batch, CONFIG, LogFiles } from './log-files.ts'
import { expectedTable, round, sorted, table } from './round.ts'

const recordArbitrary = fc.record({
  key: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', ''), { freq: 12 }),
  value: fc.option(fc.string({ maxLength: 30 }), { freq: 2 }),
  timestamp: fc.integer({ min: -1, max: 5000 })
})

/** What may happen to a log, rounds of compaction among it. */
export const commandArbitrary = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      producer: fc.integer({ min: -1, max: 3 }),
      isTransactional: fc.boolean(),
      codec: fc.constantFrom('none' as const, 'none' as const, 'gzip' as const, 'zstd' as const, 'lz4' as const),
      logAppendTimeMs: fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined, freq: 4 }),
      records: fc.array(recordArbitrary, { minLength: 1, maxLength: 5 })
    })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      producer: fc.integer({ min: 0, max: 3 }),
      isCommit: fc.boolean()
    })
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('roll' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), producer: fc.integer({ min: 0, max: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('clean' as const),
      passMs: fc.integer({ min: 0, max: 1500 }),
      // Few keys at a time, or all.
      keys: fc.constantFrom(5, 6, 100),
      restarts: fc.boolean()
    })
  }
)
type Command = typeof commandArbitrary extends fc.Arbitrary<infer T> ? T : never

/** Runs commands against a log and says after every round what must be true of it. */
export class CompactionRun {
  readonly log = new LogFiles(newDisk())
  nowMs = 10_000
  dirty = 0
  /** Offset → when the tombstone or marker there may go; set by the first round that cleaned up to its batch. */
  readonly horizons = new Map<number, number>()

  step(command: Command): void {
    const { log } = this
    if (command.do === 'roll') log.roll()
    else if (command.do === 'clean') this.clean(command)
    else if (command.do === 'end') {
      if (log.open.has(command.producer)) log.marker(command.producer, command.isCommit, 1)
    } else if (command.do === 'expire') {
      if (!log.open.has(command.producer)) log.producers.delete(command.producer)
    } else {
      const { producer, records, codec, logAppendTimeMs } = command
      const isTransactional = producer >= 0 && (command.isTransactional || log.open.has(producer))
      const time = logAppendTimeMs === undefined ? {} : { logAppendTimeMs }
      const baseSequence = (log.producers.get(producer)?.lastSequence ?? -1) + 1
      const sequenced = producer < 0 ? {} : { producerId: producer, producerEpoch: 0, baseSequence, isTransactional }
      log.append({ records, codec, ...time, ...sequenced })
    }
  }

  clean(command: Extract<Command, { do: 'clean' }>): void {
    const { log } = this
    this.nowMs += command.passMs
    if (command.restarts) this.dirty = 0
    const before = log.batches()
    const keyMapBytes = Math.ceil((command.keys * 24) / 0.9) + 24
    const result = round(log, { nowMs: this.nowMs, firstDirtyOffset: this.dirty, keyMapBytes })
    const after = log.batches()
    this.#checkTable(after)
    this.#checkRecords(after)
    this.#checkUntouched(before, after, result.endOffset)
    if (result.endOffset > this.dirty) this.#checkCleaned(before, after, result.endOffset)
    this.#checkProducers(after)
    this.#checkMarkers(before, after)
    this.dirty = result.endOffset
  }

  #checkTable(after: readonly Batch[]): void {
    expect(sorted(table(this.log, after))).toEqual(sorted(expectedTable(this.log)))
  }

  /** Order and offsets; every record is the one that was appended there. */
  #checkRecords(after: readonly Batch[]): void {
    let last = -1
    for (const batch of after) {
      expect(batch.baseOffset).toBeGreaterThan(last)
      last = batch.lastOffset
      let previous = batch.baseOffset - 1
      for (const record of batch.records) {
        expect(record.offset).toBeGreaterThan(previous)
        expect(record.offset).toBeLessThanOrEqual(batch.lastOffset)
        previous = record.offset
        if (batch.isControl) continue
        const original = this.log.history.find(each => each.offset === record.offset)
        const { offset, timestamp } = record
        const key = record.key?.toString() ?? null
        const value = record.value?.toString() ?? null
        expect(original).toMatchObject({ offset, timestamp, key, value })
        expect(record.headers).toHaveLength(1)
      }
      const times = batch.records.map(record => record.timestamp)
      if (times.length > 0) expect(batch.maxTimestamp).toBe(Math.max(...times))
    }
  }

  /** Nothing at or above the end of the round's segments is touched. */
  #checkUntouched(before: readonly Batch[], after: readonly Batch[], endOffset: number): void {
    const bound = Math.max(this.log.lastStableOffset, endOffset)
    const rest = (batches: readonly Batch[]): string[] =>
      batches
        .filter(batch => batch.baseOffset >= Math.min(bound, this.log.activeBase))
        .map(batch => batch.bytes.toString('hex'))
    expect(rest(after)).toEqual(rest(before))
  }

  #checkCleaned(before: readonly Batch[], after: readonly Batch[], endOffset: number): void {
    const { history } = this.log
    const committed = history.filter(each => each.outcome === 'committed' && each.key !== null)
    const latest = new Map(committed.filter(each => each.offset < endOffset).map(each => [each.key, each]))
    const kept = new Set(
      after.filter(batch => !batch.isControl).flatMap(batch => batch.records.map(each => each.offset))
    )
    for (const batch of before) {
      if (batch.isControl || batch.lastOffset >= endOffset) continue
      for (const { offset } of batch.records) {
        const original = history.find(each => each.offset === offset)
        if (original === undefined) throw new Error('a record that nobody appended')
        const isLatest = latest.get(original.key)?.offset === offset
        // The batch that did not fit into the key map as a whole may have told of a newer one.
        const isReplacedBehind = committed.some(each => each.offset >= endOffset && each.key === original.key)
        if (isLatest && isReplacedBehind && !kept.has(offset)) continue
        if (!isLatest || original.value !== null) {
          expect([offset, kept.has(offset)]).toEqual([offset, isLatest])
          continue
        }
        const horizonMs = this.horizons.get(batch.baseOffset)
        expect([offset, kept.has(offset)]).toEqual([offset, horizonMs === undefined || this.nowMs < horizonMs])
      }
    }
    for (const batch of after) {
      const hasTombstone = !batch.isControl && batch.records.some(record => record.value === null)
      if (!hasTombstone || batch.lastOffset >= endOffset || this.horizons.has(batch.baseOffset)) continue
      this.horizons.set(batch.baseOffset, this.nowMs + CONFIG.deleteRetentionMs)
    }
    for (const batch of after) {
      if (batch.isControl || batch.records.length === 0) continue
      expect(batch.horizonMs).toBe(this.horizons.get(batch.baseOffset) ?? -1)
    }
  }

  /** The last sequence of every active producer can be read from the log. */
  #checkProducers(after: readonly Batch[]): void {
    for (const [producerId, { lastOffset, lastSequence }] of this.log.producers) {
      const batch = after.findLast(each => each.producerId === producerId && !each.isControl)
      expect(batch).toMatchObject({ lastOffset, lastSequence })
    }
  }

  /** Data has its marker behind it, and no marker goes before its time. */
  #checkMarkers(before: readonly Batch[], after: readonly Batch[]): void {
    const open = new Set<number>()
    const kept = new Set(after.flatMap(batch => batch.records.map(record => record.offset)))
    for (const batch of after) {
      if (!batch.isTransactional) continue
      if (batch.isControl) open.delete(batch.producerId)
      else open.add(batch.producerId)
    }
    expect(open).toEqual(new Set(this.log.open.keys()))
    for (const marker of before.filter(batch => batch.isControl && batch.records.length > 0)) {
      if (kept.has(marker.baseOffset)) continue
      expect(marker.horizonMs).toBeGreaterThanOrEqual(0)
      expect(marker.horizonMs).toBeLessThanOrEqual(this.nowMs)
    }
  }
}
