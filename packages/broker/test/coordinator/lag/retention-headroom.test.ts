import type { LogConfig, RetainedSegment } from '@streambus/storage-log'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HeadroomQuestion, retentionHeadroomSeconds } from '../../../src/coordinator/lag/retention-headroom.ts'
import { LogRun } from './log-run.ts'

const HOUR = 3_600_000

function opened(config: Partial<LogConfig>) {
  const run = new LogRun({ segmentBytes: 2000, indexIntervalBytes: 200, segmentMs: 20_000, ...config })
  const { log } = run
  const sync = () => run.take({ do: 'sync', behind: 0 })
  /** As the broker's housekeeping does it. */
  const retain = (): void => {
    sync()
    log.applyRetention(run.nowMs)
    if (log.maybeRoll(run.nowMs)) log.applyRetention(run.nowMs)
  }
  const write = (): void => {
    run.take({ do: 'append', records: [{ key: 0, time: 0 }], codec: 'none', isLogAppendTime: false })
    sync()
  }
  const pass = (ms: number) => run.take({ do: 'pass', ms })
  const headroom = (committedOffset: number, bytesPerSecond: number): number => {
    const { logStartOffset, config } = log
    const unreadOffset = run.oldestUnread(committedOffset)?.offset ?? null
    const rest = { config, logStartOffset, committedOffset, unreadOffset, bytesPerSecond, nowMs: run.nowMs }
    return log.lookUp(({ all: segments }) => retentionHeadroomSeconds({ segments, ...rest }))
  }
  return { run, log, pass, write, retain, headroom }
}

const gaps = fc.array(fc.nat(3000), { minLength: 1, maxLength: 60 })

test('when nothing is written any more, the unread record goes in the moment that was foretold', () => {
  fc.assert(
    fc.property(
      gaps,
      fc.nat(100),
      fc.constantFrom(-1, 0, 5000, 60_000),
      fc.constantFrom(-1, 0, 1500, 3000),
      (...args) => {
        const [all, at, retentionMs, retentionBytes] = args
        const { pass, log, write, retain, headroom } = opened({ retentionMs, retentionBytes })
        for (const gap of all) {
          pass(gap)
          write()
          retain()
        }
        const committed = log.logStartOffset + (at % (log.logEndOffset - log.logStartOffset + 1))
        const seconds = headroom(committed, 0)
        const isUnread = committed < log.logEndOffset
        if (!isUnread || (retentionMs < 0 && retentionBytes < 0)) expect(seconds).toBe(Infinity)
        // Retention goes by "older than": one millisecond more.
        if (seconds > 0 && seconds < Infinity) {
          pass(Math.round(seconds * 1000))
          retain()
          expect(log.logStartOffset).toBeLessThanOrEqual(committed)
          pass(1)
          retain()
          expect(log.logStartOffset).toBeGreaterThan(committed)
          expect(headroom(committed, 0)).toBe(0)
        }
        if (seconds === Infinity) {
          pass(1000 * HOUR)
          retain()
          expect(log.logStartOffset).toBeLessThanOrEqual(committed)
        }
      }
    ),
    { numRuns: 200 }
  )
})

test('under a steady load it goes within a segment of what was foretold', () => {
  const retentions = fc.constantFrom<[number, number][]>([60_000, -1], [-1, 6000], [60_000, 6000], [200_000, 9000])
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 2000 }), fc.nat(100), retentions, (everyMs, at, [retentionMs, bytes]) => {
      const { run, pass, log, write, retain, headroom } = opened({
        retentionMs,
        retentionBytes: bytes,
        segmentMs: HOUR
      })
      const turn = (): void => {
        pass(everyMs)
        write()
        retain()
      }
      for (let i = 0; i < 60; i++) turn()
      const batchBytes = log.sizeBytes / (log.logEndOffset - log.logStartOffset)
      const committed = log.logStartOffset + (at % (log.logEndOffset - log.logStartOffset))
      const foretoldMs = headroom(committed, (batchBytes / everyMs) * 1000) * 1000
      const startMs = run.nowMs
      while (log.logStartOffset <= committed) turn()
      // Segments end before a batch that does not fit, and both sides count whole batches.
      expect(Math.abs(run.nowMs - startMs - foretoldMs)).toBeLessThanOrEqual(4 * everyMs)
    }),
    { numRuns: 150 }
  )
}, 60_000)

const segment = (baseOffset: number, rest: Partial<RetainedSegment> = {}): RetainedSegment => {
  return { baseOffset, endOffset: baseOffset + 10, sizeBytes: 1000, createdMs: 0, maxTimestampMs: 1000, ...rest }
}

const QUESTION: HeadroomQuestion = {
  segments: [segment(0), segment(10), segment(20)],
  config: { retentionMs: 10_000, retentionBytes: -1, segmentMs: 5000, segmentBytes: 2000 },
  logStartOffset: 0,
  committedOffset: 3,
  unreadOffset: 3,
  bytesPerSecond: 0,
  nowMs: 4000
}

test('records that are gone were lost; who has read everything loses nothing', () => {
  expect(retentionHeadroomSeconds({ ...QUESTION, logStartOffset: 4 })).toBe(0)
  expect(retentionHeadroomSeconds({ ...QUESTION, committedOffset: 30, unreadOffset: null })).toBe(Infinity)
  expect(retentionHeadroomSeconds(QUESTION)).toBe(7)
})

test('a segment waits for every older one, unless that lies below the log start', () => {
  const segments = [segment(0, { maxTimestampMs: 90_000 }), segment(10), segment(20)]
  const question = { ...QUESTION, segments, committedOffset: 12, unreadOffset: 12 }
  expect(retentionHeadroomSeconds(question)).toBe(96)
  expect(retentionHeadroomSeconds({ ...question, logStartOffset: 10 })).toBe(7)
})

test('the first of time and size counts, and size needs writes', () => {
  const config = { ...QUESTION.config, retentionBytes: 2500 }
  expect(retentionHeadroomSeconds({ ...QUESTION, config })).toBe(7)
  expect(retentionHeadroomSeconds({ ...QUESTION, config, bytesPerSecond: 100 })).toBe(5)
  const bySize = { ...config, retentionMs: -1 }
  expect(retentionHeadroomSeconds({ ...QUESTION, config: bySize })).toBe(Infinity)
  expect(retentionHeadroomSeconds({ ...QUESTION, config: { ...bySize, retentionBytes: 2000 } })).toBe(0)
})

test('the active segment has to roll first, and while there are writes its newest record is from that moment', () => {
  const question = { ...QUESTION, committedOffset: 22, unreadOffset: 22 }
  expect(retentionHeadroomSeconds(question)).toBe(7)
  expect(retentionHeadroomSeconds({ ...question, bytesPerSecond: 100 })).toBe(11)
  const config = { ...QUESTION.config, retentionBytes: 500 }
  expect(retentionHeadroomSeconds({ ...question, config, bytesPerSecond: 100 })).toBe(6)
  expect(retentionHeadroomSeconds({ ...question, config, bytesPerSecond: 2000 })).toBe(0.75)
})

test('a segment without timestamps is as old as its file', () => {
  const segments = [segment(0, { maxTimestampMs: -1, createdMs: 3000 }), segment(10)]
  expect(retentionHeadroomSeconds({ ...QUESTION, segments })).toBe(9)
})
