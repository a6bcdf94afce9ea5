import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

export interface TimestampOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

export function findTimestamp(_s: SegmentList, _a: number, _b: number): TimestampOffset | null {
  return null
}
export function findMaxTimestamp(_s: SegmentList, _a: number): TimestampOffset | null {
  return null
}
