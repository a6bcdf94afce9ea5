import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CommitSample,
  type LagStatus,
  type StatusQuestion,
  statusOf,
  worstOf
} from '../../../src/coordinator/lag/burrow.ts'

/** The rules word by word, with a loop for each "any", "all" and "from one to the next". */
function judge({ commits, recentEndOffsets, currentLag, nowMs, allowedLag = 0 }: StatusQuestion): LagStatus {
  const count = commits.length
  if (count === 0) return 'OK'
  const at = (i: number): CommitSample => commits[i] as CommitSample
  // "If the current lag is zero, the partition is never in error."
  if (!(currentLag > allowedLag)) return 'OK'
  // "If the time since the last commit is greater than that between the first and the last, it has stopped …"
  const hasStopped = nowMs - at(count - 1).timeMs > at(count - 1).timeMs - at(0).timeMs
  // "… unless it had reached the end lately."
  let wasAtEnd = false
  for (const end of recentEndOffsets) if (end <= at(count - 1).offset) wasAtEnd = true
  if (hasStopped && !wasAtEnd) return 'STOP'
  // "If the offset decreases from one commit to the next, it is a rewind, until the offset before is reached again."
  for (let i = 1; i < count; i++) {
    if (at(i).offset >= at(i - 1).offset) continue
    let hasRecovered = false
    for (let j = i; j < count; j++) if (at(j).offset >= at(i - 1).offset) hasRecovered = true
    if (!hasRecovered) return 'REWIND'
    break
  }
  // "If over the stored period the lag is ever zero, the period is OK."
  for (let i = 0; i < count; i++) if (at(i).lag !== null && (at(i).lag as number) <= allowedLag) return 'OK'
  // "If the offsets do not change, the partition is stalled."
  let changes = 0
  for (let i = 1; i < count; i++) if (at(i).offset !== at(i - 1).offset) changes++
  if (changes === 0) return 'STALL'
  // "If the lag is the same or more at every commit, the consumer is slow."
  const lags = commits.flatMap(({ lag }) => (lag === null ? [] : [lag]))
  let falls = 0
  for (let i = 1; i < lags.length; i++) if ((lags[i] as number) < (lags[i - 1] as number)) falls++
  return falls === 0 ? 'WARN' : 'OK'
}

const commit = fc.record({
  step: fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.integer({ min: -4, max: 0 }) }),
  ms: fc.nat(100),
  lag: fc.oneof({ weight: 5, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.constant(null) })
})

test('the judgement is that of the rules word by word', () => {
  const seen = new Set<LagStatus>()
  fc.assert(
    fc.property(
      fc.array(commit, { maxLength: 8 }),
      fc.array(fc.nat(20), { maxLength: 4 }),
      fc.record({ currentLag: fc.nat(3), later: fc.nat(300), allowedLag: fc.constantFrom(undefined, 0, 1, 3) }),
      (all, ends, { currentLag, later, allowedLag }) => {
        let offset = 10
        let timeMs = 1000
        const commits = all.map(({ step, ms, lag }) => {
          offset += step
          timeMs += ms
          return { offset, timeMs, lag }
        })
        const recentEndOffsets = ends.map(end => end + 8)
        const question = { commits, recentEndOffsets, currentLag, nowMs: timeMs + later }
        const asked = allowedLag === undefined ? question : { ...question, allowedLag }
        const status = statusOf(asked)
        seen.add(status)
        expect(status).toBe(judge(asked))
      }
    ),
    { numRuns: 3000 }
  )
  expect([...seen].sort()).toEqual(['OK', 'REWIND', 'STALL', 'STOP', 'WARN'])
})

/** Commits 100 s apart, the last one at 500 s. */
function every100s(...pairs: [offset: number, lag: number | null][]): CommitSample[] {
  return pairs.map(([offset, lag], i) => ({ offset, timeMs: (i + 1 + 5 - pairs.length) * 100_000, lag }))
}

describe('what happens to a group that is watched', () => {
  const falling = every100s([1000, 50], [2000, 100], [3000, 150], [4000, 200], [5000, 250])
  const at = (nowMs: number, commits: readonly CommitSample[], rest: Partial<StatusQuestion> = {}) =>
    statusOf({ commits, recentEndOffsets: [99_999], currentLag: 200, nowMs, ...rest })

  test('it falls behind: WARN, and OK as soon as the lag has fallen once', () => {
    expect(at(600_000, falling)).toBe('WARN')
    expect(at(600_000, every100s([1000, 50], [2000, 100], [3000, 90], [4000, 200], [5000, 250]))).toBe('OK')
  })

  test('it stops committing: STOP after as long as the window is wide, and not in the moment itself', () => {
    expect(at(900_000, falling)).toBe('WARN')
    expect(at(900_001, falling)).toBe('STOP')
  })

  test('it had no lag some time ago and stopped: STOP; it had none lately: not yet', () => {
    const once = every100s([1000, 0], [2000, 50], [3000, 100], [4000, 150], [5000, 200])
    expect(at(600_000, once)).toBe('OK')
    expect(at(1_000_000, once)).toBe('STOP')
    expect(at(1_000_000, once, { recentEndOffsets: [5000, 5200] })).toBe('OK')
    expect(at(1_000_000, once, { currentLag: 0 })).toBe('OK')
  })

  test('it commits the same offset again and again: STALL', () => {
    expect(at(600_000, every100s([1000, 100], [1000, 100], [1000, 100]))).toBe('STALL')
    expect(at(600_000, every100s([1000, 0], [1000, 100], [1000, 100]))).toBe('OK')
  })

  test('it goes back: REWIND, even when it had no lag before, until it is where it was', () => {
    expect(at(600_000, every100s([1000, 0], [2000, 0], [3000, 0], [1000, 2500], [2000, 2000]))).toBe('REWIND')
    expect(at(600_000, every100s([1000, 9], [2000, 9], [3000, 9], [1000, 2500], [3000, 2000]))).toBe('OK')
  })
})

test('the first commit of a group that is far behind is already a STOP, as with Burrow: its window has no width', () => {
  const commits = [{ offset: 0, timeMs: 1000, lag: 500 }]
  expect(statusOf({ commits, recentEndOffsets: [500], currentLag: 500, nowMs: 1000 })).toBe('STALL')
  expect(statusOf({ commits, recentEndOffsets: [500], currentLag: 500, nowMs: 1001 })).toBe('STOP')
})

test('a group is as bad as its worst partition', () => {
  expect(worstOf([])).toBe('OK')
  expect(worstOf(['OK', 'WARN', 'OK'])).toBe('WARN')
  expect(worstOf(['WARN', 'STOP'])).toBe('STOP')
  expect(worstOf(['STALL', 'STOP'])).toBe('STALL')
  expect(worstOf(['REWIND', 'STALL', 'OK'])).toBe('REWIND')
})
