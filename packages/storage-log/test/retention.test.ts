import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countExpired } from '../src/retention.ts'
import { append, DIRECTORY, newDisk, openLog, readAll, SMALL, settle } from './helpers.ts'

const NOW_MS = 10_000

test('the rule, by size, by time and by log start, for any segments', () => {
  const segment = fc.record({
    sizeBytes: fc.nat(100),
    maxTimestampMs: fc.integer({ min: -1, max: NOW_MS }),
    records: fc.nat(5)
  })
  const limits = fc.record({
    retentionBytes: fc.integer({ min: -1, max: 400 }),
    retentionMs: fc.integer({ min: -1, max: NOW_MS }),
    logStartOffset: fc.nat(30),
    deletableEndOffset: fc.nat(40)
  })
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), limits, (specs, limit) => {
      let offset = 0
      const segments = specs.map(({ sizeBytes, maxTimestampMs, records }) => {
        const baseOffset = offset
        offset += records
        return { baseOffset, endOffset: offset, sizeBytes, maxTimestampMs, createdMs: NOW_MS }
      })
      const { logStartOffset, deletableEndOffset } = limit
      const count = countExpired({ segments, config: limit, logStartOffset, deletableEndOffset, nowMs: NOW_MS })
      expect(count).toBeLessThan(segments.length)
      const left = segments.slice(count)
      const leftBytes = left.reduce((sum, each) => sum + each.sizeBytes, 0)
      let remainingBytes = segments.reduce((sum, each) => sum + each.sizeBytes, 0)
      for (const gone of segments.slice(0, count)) {
        remainingBytes -= gone.sizeBytes
        expect(gone.endOffset).toBeLessThanOrEqual(deletableEndOffset)
        const newestMs = gone.maxTimestampMs >= 0 ? gone.maxTimestampMs : gone.createdMs
        const isOld = limit.retentionMs >= 0 && NOW_MS - newestMs > limit.retentionMs
        const isExcess = limit.retentionBytes >= 0 && remainingBytes >= limit.retentionBytes
        expect(isOld || isExcess || gone.endOffset <= logStartOffset).toBe(true)
      }
      const next = left[0] as (typeof segments)[number]
      const mustGo = left.length > 1 && next.endOffset <= deletableEndOffset
      if (mustGo) {
        expect(next.endOffset <= logStartOffset).toBe(false)
        if (limit.retentionBytes >= 0) expect(leftBytes - next.sizeBytes).toBeLessThan(limit.retentionBytes)
      }
    }),
    { numRuns: 500 }
  )
})

test('old segments go, the log start moves with them and stays there', async () => {
  const disk = newDisk()
  const { log } = openLog(disk, { config: { ...SMALL, retentionBytes: 3000 } })
  for (let i = 0; i < 60; i++) append(log, { valueBytes: 100, timestamps: [i] })
  expect(log.applyRetention(NOW_MS)).toBeGreaterThan(0)
  log.requestSync()
  await settle()
  log.applyRetention(NOW_MS)
  expect(log.sizeBytes).toBeGreaterThanOrEqual(3000)
  expect(log.sizeBytes).toBeLessThan(5000)
  const { logStartOffset } = log
  expect(log.offsetForTimestamp(0)?.offset).toBe(logStartOffset)
  const bytes = readAll(log)
  disk.crash()
  const again = openLog(disk, { recoveryPoint: log.recoveryPoint }).log
  expect([again.logStartOffset, readAll(again).equals(bytes)]).toEqual([logStartOffset, true])
})

test('as in Kafka, records from the future age from their own time on, and go by size like any others', () => {
  const segment = (baseOffset: number, maxTimestampMs: number) => {
    return { baseOffset, endOffset: baseOffset + 1, sizeBytes: 100, createdMs: 0, maxTimestampMs }
  }
  const segments = [segment(0, NOW_MS + 5_000), segment(1, 0), segment(2, NOW_MS)]
  const count = (nowMs: number, retentionBytes = -1): number => {
    const config = { retentionMs: 1_000, retentionBytes }
    return countExpired({ segments, config, logStartOffset: 0, deletableEndOffset: 3, nowMs })
  }
  expect([count(NOW_MS), count(NOW_MS + 6_000), count(NOW_MS + 6_001)]).toEqual([0, 0, 2])
  expect(count(NOW_MS, 100)).toBe(2)
})

test('nothing above the high watermark goes', () => {
  const { log } = openLog(newDisk(), { config: { ...SMALL, retentionMs: 0 } })
  for (let i = 0; i < 60; i++) append(log, { valueBytes: 100, timestamps: [i] })
  expect(log.applyRetention(NOW_MS, 0)).toBe(0)
  log.applyRetention(NOW_MS, 20)
  expect(log.logStartOffset).toBeGreaterThan(0)
  expect(log.logStartOffset).toBeLessThanOrEqual(20)
})

test('a crash at any rename or unlink of a deletion leaves no hole', () => {
  for (const operation of ['rename', 'unlink'] as const) {
    for (let skip = 0; skip < 12; skip++) {
      const disk = newDisk()
      const { log } = openLog(disk, { config: { ...SMALL, retentionBytes: 2000 } })
      for (let i = 0; i < 60; i++) append(log, { valueBytes: 100, tag: i })
      const tail = readAll(log, 50)
      const names = disk.list(DIRECTORY).filter(entry => /index$|log$/.test(entry.name))
      disk.failNext(operation, { code: 'EIO', path: names[skip % names.length]?.name ?? '' })
      try {
        log.applyRetention(NOW_MS)
      } catch {}
      disk.crash()
      const again = openLog(disk, { recoveryPoint: log.recoveryPoint }).log
      expect(again.logEndOffset).toBeGreaterThanOrEqual(log.activeSegment.baseOffset)
      // The start is durable before the first name goes, so a reader never sees records come back.
      expect(again.logStartOffset).toBe(log.logStartOffset)
      const bytes = readAll(again, Math.max(again.logStartOffset, 50))
      expect(tail.includes(bytes)).toBe(true)
    }
  }
})

test('a segment rolls when its time is over, and only then', () => {
  const { log } = openLog(newDisk(), { config: { ...SMALL, segmentMs: 1000 } })
  const nowMs = 1_700_000_000_000
  expect(log.maybeRoll(nowMs + 5000)).toBe(false)
  append(log, { timestamps: [500] })
  expect(log.maybeRoll(nowMs + 1000)).toBe(false)
  expect(log.maybeRoll(nowMs + 1001)).toBe(true)
  append(log, { timestamps: [600] })
  append(log, { timestamps: [1600] })
  expect(log.segmentCount).toBe(2)
  append(log, { timestamps: [1601] })
  expect(log.segmentCount).toBe(3)
})
