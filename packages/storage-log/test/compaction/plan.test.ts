import { describe, expect, test } from 'vitest'
import {
  type CompactionConfig,
  firstDirtyOffset,
  groupSegments,
  type PlanInput,
  planCompaction,
  type SegmentFacts,
  segmentFacts
} from '../../src/compaction/plan.ts'
import { LOG_CONFIG_DEFAULTS } from '../../src/config.ts'

const CONFIG: CompactionConfig = {
  ...LOG_CONFIG_DEFAULTS,
  segmentBytes: 1000,
  indexBytesMax: 100,
  indexIntervalBytes: 100,
  maxMessageBytes: 1000
}

function segment(baseOffset: number, facts: Partial<SegmentFacts> = {}): SegmentFacts {
  return {
    baseOffset,
    endOffset: baseOffset + 10,
    sizeBytes: 100,
    indexBytes: 8,
    firstTimestampMs: 1000,
    maxTimestampMs: 2000,
    lastModifiedMs: -1,
    ...facts
  }
}

const SEGMENTS = [segment(0), segment(10), segment(20), segment(30)]

function plan(
  input: Partial<PlanInput> = {},
  config: Partial<CompactionConfig> = {}
): ReturnType<typeof planCompaction> {
  return planCompaction({
    segments: SEGMENTS,
    firstDirtyOffset: 0,
    lastStableOffset: 40,
    highWatermark: 40,
    durableEndOffset: 40,
    nowMs: 10_000,
    ...input,
    config: { ...CONFIG, ...config }
  })
}

describe('what is cleanable', () => {
  test('everything but the active segment', () => {
    expect(plan()).toMatchObject({ upToOffset: 30, cleanBytes: 0, dirtyBytes: 300, dirtyRatio: 1, isDue: true })
  })

  test.each(['lastStableOffset', 'highWatermark', 'durableEndOffset'] as const)(
    'whole segments below the %s',
    bound => {
      expect(plan({ [bound]: 29 }).upToOffset).toBe(20)
      expect(plan({ [bound]: 30 }).upToOffset).toBe(30)
      expect(plan({ [bound]: 0 })).toMatchObject({ upToOffset: 0, isDue: false, dirtyRatio: 0 })
    }
  )

  test('nothing of a log with an active segment only, or of none', () => {
    expect(plan({ segments: [segment(0)] })).toMatchObject({ upToOffset: 0, isDue: false })
    expect(plan({ segments: [] })).toMatchObject({ upToOffset: 0, isDue: false })
  })

  test('nothing from the first dirty segment on that has a record younger than min.compaction.lag.ms', () => {
    const segments = [
      segment(0, { maxTimestampMs: 9500 }),
      segment(10),
      segment(20, { maxTimestampMs: 9001 }),
      segment(30)
    ]
    expect(plan({ segments, firstDirtyOffset: 10 }, { minCompactionLagMs: 1000 }).upToOffset).toBe(20)
    expect(plan({ segments, firstDirtyOffset: 10 }, { minCompactionLagMs: 999 }).upToOffset).toBe(30)
    expect(plan({ segments, firstDirtyOffset: 0 }, { minCompactionLagMs: 999 }).upToOffset).toBe(0)
  })

  test('the time of the last write stands in for records without timestamps', () => {
    const segments = [segment(0, { maxTimestampMs: -1, lastModifiedMs: 9500 }), segment(10)]
    expect(plan({ segments }, { minCompactionLagMs: 1000 }).upToOffset).toBe(0)
    expect(plan({ segments }, { minCompactionLagMs: 100 }).upToOffset).toBe(10)
  })
})

describe('facts of a segment', () => {
  test('ask for timestamps of dirty segments only', () => {
    const asked: string[] = []
    const sealed = {
      baseOffset: 10,
      endOffset: 20,
      sizeBytes: 250,
      createdMs: 7,
      get firstTimestampMs() {
        asked.push('first')
        return 1
      },
      get maxTimestampMs() {
        asked.push('max')
        return 2
      }
    }
    const log = { firstDirtyOffset: 20, indexIntervalBytes: 100 }
    const known = { baseOffset: 10, endOffset: 20, sizeBytes: 250, indexBytes: 36, lastModifiedMs: 7 }
    expect(segmentFacts(sealed, log)).toEqual({ ...known, firstTimestampMs: -1, maxTimestampMs: -1 })
    expect(asked).toEqual([])
    const dirty = segmentFacts(sealed, { ...log, firstDirtyOffset: 19 })
    expect(dirty).toEqual({ ...known, firstTimestampMs: 1, maxTimestampMs: 2 })
  })
})

describe('whether it is due', () => {
  test('above the dirty ratio, not at it', () => {
    const half = { segments: SEGMENTS.slice(0, 3), firstDirtyOffset: 10 }
    expect(plan(half)).toMatchObject({ cleanBytes: 100, dirtyBytes: 100, dirtyRatio: 0.5, isDue: false })
    expect(plan(half, { minCleanableDirtyRatio: 0.49 }).isDue).toBe(true)
  })

  test('whatever the ratio when the oldest dirty record is older than max.compaction.lag.ms', () => {
    const input = { firstDirtyOffset: 20 }
    expect(plan(input)).toMatchObject({ overdueMs: 0, isDue: false })
    expect(plan(input, { maxCompactionLagMs: 9000 })).toMatchObject({ overdueMs: 0, isDue: false })
    expect(plan(input, { maxCompactionLagMs: 8999 })).toMatchObject({ overdueMs: 1, isDue: true })
  })

  test('never without dirt', () => {
    expect(plan({ firstDirtyOffset: 30 }, { maxCompactionLagMs: 0, minCleanableDirtyRatio: 0 }).isDue).toBe(false)
  })
})

describe('where dirt begins', () => {
  test('at the checkpoint, or at the log start when the checkpoint is of another history', () => {
    const log = { logStartOffset: 10, logEndOffset: 40 }
    expect([-1, 9, 10, 40, 41].map(offset => firstDirtyOffset(offset, log))).toEqual([10, 10, 10, 40, 10])
  })
})

describe('groups', () => {
  function bases(segments: readonly SegmentFacts[], limits: Partial<CompactionConfig> = {}): number[][] {
    return groupSegments(segments, { ...CONFIG, ...limits }).map(group => group.map(each => each.baseOffset))
  }

  test('as large as a segment may be', () => {
    expect(bases(SEGMENTS)).toEqual([[0, 10, 20, 30]])
    expect(bases(SEGMENTS, { segmentBytes: 200 })).toEqual([
      [0, 10],
      [20, 30]
    ])
    expect(bases(SEGMENTS, { segmentBytes: 99 })).toEqual([[0], [10], [20], [30]])
    expect(bases([])).toEqual([])
  })

  test('as large as an index may be', () => {
    expect(bases(SEGMENTS, { indexBytesMax: 24 })).toEqual([[0, 10, 20], [30]])
  })

  test('no farther than an index entry reaches, except for empty segments', () => {
    const far = 2 ** 31
    expect(bases([segment(0), segment(far - 10)])).toEqual([[0, far - 10]])
    expect(bases([segment(0), segment(far - 9)])).toEqual([[0], [far - 9]])
    expect(bases([segment(0), segment(far - 9, { sizeBytes: 0 }), segment(far)])).toEqual([[0, far - 9], [far]])
  })
})
