import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { EndOffsetHistory } from '../../../src/coordinator/lag/end-offset-history.ts'
import { lagOf } from '../../../src/coordinator/lag/partition-lag.ts'
import { ageMsOf, type FoundUnread, UnreadAges } from '../../../src/coordinator/lag/unread-ages.ts'
import { LOG_CONFIGS, LOG_STEPS, LogRun, type LogStep } from './log-run.ts'

const GROUPS = ['billing', 'search', 'audit']
const UNKNOWN = { appendedAfterMs: () => -Infinity, appendedBeforeMs: () => Infinity }

/** A commit of one group, to an offset taken modulo the high watermark; null: all of them are paused. */
const commits = fc.option(fc.record({ group: fc.constantFrom(...GROUPS), to: fc.nat(10_000) }))
const isSampled = fc.boolean()

/** Timestamps are the append times. */
function honest(step: LogStep): LogStep {
  if (step.do !== 'append' && step.do !== 'transact') return step
  return { ...step, records: step.records.map(({ key }) => ({ key, time: 0 })) }
}

function manySteps(of: fc.Arbitrary<LogStep>) {
  return fc.array(fc.tuple(of, commits, isSampled), { minLength: 1, maxLength: 50, size: 'max' })
}

/** After each step, `check` is asked about each group. */
function play(
  { config, entriesMax }: { config: ConstructorParameters<typeof LogRun>[0]; entriesMax: number },
  all: readonly (readonly [LogStep, { group: string; to: number } | null, boolean])[],
  check: (asked: {
    run: LogRun
    step: LogStep
    committedOffset: number
    seconds: number | null
    group: string
    history: EndOffsetHistory
  }) => void
): void {
  const run = new LogRun(config)
  const committed = new Map(GROUPS.map(group => [group, 0]))
  const ages = new UnreadAges({ entriesMax })
  const history = new EndOffsetHistory(100)
  let partition = run.partition()
  for (const [step, commit, sampled] of all) {
    run.take(step)
    if (step.do === 'restart') partition = run.partition()
    const { nowMs, log, highWatermark } = run
    if (sampled) history.add(nowMs, { logEndOffset: log.logEndOffset, highWatermark })
    if (commit !== null) committed.set(commit.group, commit.to % (highWatermark + 1))
    for (const [group, committedOffset] of committed) {
      const seconds = ages.secondsOf({ group, partition, committedOffset, nowMs, times: history })
      check({ run, step, committedOffset, seconds, group, history })
    }
    expect(ages.entryCount).toBeLessThanOrEqual(entriesMax)
    ages.endRound()
  }
}

test('lag is exact: records by counting offsets, seconds as the age of the oldest record that is unread', () => {
  fc.assert(
    fc.property(LOG_CONFIGS, manySteps(LOG_STEPS.map(honest)), fc.constantFrom(2, 100), (config, all, entriesMax) => {
      play({ config, entriesMax }, all, ({ run, committedOffset, seconds }) => {
        const oldest = run.oldestUnread(committedOffset)
        expect(seconds).toBe(oldest === null ? 0 : (run.nowMs - oldest.timestamp) / 1000)
        const { logStartOffset } = run.log
        const lag = lagOf({ committedOffset, logStartOffset, endOffset: run.highWatermark })
        let records = 0
        for (let offset = committedOffset; offset < run.highWatermark; offset++) records++
        expect(lag?.records).toBe(records)
      })
    }),
    { numRuns: 300 }
  )
})

test('the age goes by the timestamp, and is never less than that of the append, as far as the broker knows it', () => {
  fc.assert(
    fc.property(LOG_CONFIGS, manySteps(LOG_STEPS), (config, all) => {
      const known = new Map<string, { offset: number; beforeMs: number }>()
      play({ config, entriesMax: 100 }, all, ({ run, step, committedOffset, seconds, group, history }) => {
        const { nowMs } = run
        const oldest = run.oldestUnread(committedOffset)
        if (step.do === 'restart' || oldest === null) known.delete(group)
        if (oldest === null) return expect(seconds).toBe(0)
        const { offset, timestamp } = oldest
        let bounds = known.get(group)
        if (bounds?.offset !== offset) {
          const beforeMs = Math.min(nowMs, history.appendedBeforeMs(offset))
          bounds = { offset, beforeMs }
        }
        known.set(group, bounds)
        const least = nowMs - bounds.beforeMs
        const claimed = timestamp < 0 ? least : nowMs - timestamp
        expect(Math.round((seconds as number) * 1000)).toBe(Math.max(least, claimed))
      })
    }),
    { numRuns: 300 }
  )
})

function honestRun() {
  const run = new LogRun({ segmentBytes: 1000 })
  const append = () => run.take({ do: 'append', records: [{ key: 0, time: 0 }], codec: 'none', isLogAppendTime: false })
  const sync = () => run.take({ do: 'sync', behind: 0 })
  return { run, append, sync, partition: run.partition() }
}

test('a paused consumer is as many seconds behind as its oldest unread record is old', () => {
  const { run, append, sync, partition } = honestRun()
  const ages = new UnreadAges({ entriesMax: 10 })
  append()
  sync()
  const ask = () => ages.secondsOf({ group: 'g', partition, committedOffset: 1, nowMs: run.nowMs, times: UNKNOWN })
  run.take({ do: 'pass', ms: 60_000 })
  expect(ask()).toBe(0)
  append()
  sync()
  for (let second = 0; second < 100; second += 10) {
    expect(ask()).toBe(second)
    append()
    sync()
    run.take({ do: 'pass', ms: 10_000 })
  }
})

test('what is known is looked up only once, whatever is written meanwhile', () => {
  const { run, append, sync, partition } = honestRun()
  const ages = new UnreadAges({ entriesMax: 1 })
  for (let i = 0; i < 100; i++) append()
  sync()
  const ask = (committedOffset: number) =>
    ages.secondsOf({ group: 'g', partition, committedOffset, nowMs: run.nowMs, times: UNKNOWN })
  const reads = (ask: () => unknown) => {
    const before = run.disk.counts.read
    ask()
    return run.disk.counts.read - before
  }
  expect(reads(() => ask(5))).toBeGreaterThan(0)
  for (let i = 0; i < 3; i++) {
    append()
    sync()
    ages.endRound()
    expect(reads(() => ask(5))).toBe(0)
  }
  expect(reads(() => ask(6))).toBeGreaterThan(0)
  expect(reads(() => ask(6))).toBe(0)
  expect(reads(() => ask(run.highWatermark))).toBe(0)
})

test('a group that nobody asks about is forgotten after a round', () => {
  const { run, append, sync, partition } = honestRun()
  const ages = new UnreadAges({ entriesMax: 2 })
  append()
  sync()
  const ask = (group: string) =>
    ages.secondsOf({ group, partition, committedOffset: 0, nowMs: run.nowMs, times: UNKNOWN })
  for (const group of ['a', 'b', 'c']) expect(ask(group)).toBe(0)
  expect(ages.entryCount).toBe(2)
  ages.endRound()
  ask('b')
  ages.endRound()
  expect(ages.entryCount).toBe(1)
  ages.endRound()
  expect([ages.entryCount, ages.groupCount]).toEqual([0, 0])
  const { highWatermark: committedOffset } = partition
  ages.secondsOf({ group: 'a', partition, committedOffset, nowMs: run.nowMs, times: UNKNOWN })
  expect(ages.entryCount).toBe(0)
})

test('a record from the future is as old as its append, from the moment in which it became the oldest', () => {
  const { run, sync, append, partition } = honestRun()
  const ages = new UnreadAges({ entriesMax: 2 })
  const ask = () => {
    const times = { appendedAfterMs: () => -Infinity, appendedBeforeMs: () => Infinity }
    return ages.secondsOf({ group: 'g', partition, committedOffset: 0, nowMs: run.nowMs, times })
  }
  run.take({ do: 'transact', producerId: 1, records: [{ key: 0, time: 9_000_000 }] })
  sync()
  expect(ask()).toBe(0)
  run.take({ do: 'pass', ms: 1000 })
  // The transaction is open and the watermark moves, so the same record is found once more.
  append()
  sync()
  expect(ask()).toBe(1)
})

test('a search that is not at its end yet knows no age, nor does one that could not read', () => {
  const ages = new UnreadAges({ entriesMax: 2 })
  const ask = (found: FoundUnread | null) => {
    const partition = { highWatermark: 10, findUnread: () => found }
    return ages.secondsOf({ group: 'g', partition, committedOffset: 0, nowMs: 0, times: UNKNOWN })
  }
  expect(ask({ fromOffset: 0, nextOffset: 5, untilOffset: 10, record: null })).toBeNull()
  expect(ask({ fromOffset: 0, nextOffset: 10, untilOffset: 10, record: null })).toBe(0)
  expect(ask(null)).toBeNull()
})

test('without reading, what was found is told while it is unread, and then the most that it can be', () => {
  const { run, append, sync, partition } = honestRun()
  const startMs = run.nowMs
  for (let i = 0; i < 4; i++) {
    append()
    sync()
    run.take({ do: 'pass', ms: 1_000 })
  }
  const ages = new UnreadAges({ entriesMax: 1 })
  const history = new EndOffsetHistory()
  const findUnread = vi.spyOn(partition, 'findUnread')
  const question = (committedOffset: number) => {
    return { group: 'g', partition, committedOffset, nowMs: run.nowMs, times: history }
  }
  expect(ages.estimateOf(question(1))).toBeNull()
  expect(ages.secondsOf(question(1))).toBe(3)
  findUnread.mockClear()
  run.take({ do: 'pass', ms: 1_000 })
  expect(ages.estimateOf(question(1))).toBe(4)
  expect(ages.estimateOf(question(2))).toBeNull()
  expect(ages.estimateOf(question(0))).toBeNull()
  expect(ages.estimateOf(question(4))).toBe(0)
  history.add(startMs + 500, { logEndOffset: 1, highWatermark: 1 })
  expect(ages.estimateOf(question(2))).toBe(4.5)
  expect(ages.estimateOf({ ...question(2), nowMs: startMs })).toBe(0)
  // What is asked for only like this is not forgotten.
  ages.endRound()
  ages.estimateOf(question(1))
  ages.endRound()
  expect(ages.entryCount).toBe(1)
  expect(findUnread).not.toHaveBeenCalled()
})

test('a disk that cannot be read costs the age, and not more', () => {
  const { run, append, sync, partition } = honestRun()
  append()
  sync()
  const ages = new UnreadAges({ entriesMax: 2 })
  run.disk.failNext('read', { code: 'EIO' })
  const question = { group: 'g', partition, committedOffset: 0, nowMs: run.nowMs, times: UNKNOWN }
  expect(ages.secondsOf(question)).toBeNull()
  run.take({ do: 'pass', ms: 60_000 })
  expect(ages.secondsOf({ ...question, nowMs: run.nowMs })).toBe(60)
})

test('a timestamp is believed unless the append must be older, and nothing is younger than now', () => {
  const bounds = { nowMs: 1000, beforeMs: 700 }
  const ages = [0, 400, 500, 700, 900, 5000, -1].map(timestamp => ageMsOf(timestamp, bounds))
  expect(ages).toEqual([1000, 600, 500, 300, 300, 300, 300])
  expect(ageMsOf(500, { nowMs: 100, beforeMs: 700 })).toBe(0)
  expect(ageMsOf(5000, { nowMs: 1000, beforeMs: Infinity })).toBe(0)
})
