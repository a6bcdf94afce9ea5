import { type LogConfig, segmentMsOf } from './config.ts'
import type { Segment } from './segment/segment.ts'

/** Indexes hold offsets relative to the segment in 32 bits. */
const MAX_RELATIVE_OFFSET = 2 ** 31 - 1

/** When a log begins a new segment. Pure: reads the active segment and the settings. */
export class RollPolicy {
  readonly #jitterShare: number
  #config: LogConfig

  constructor(config: LogConfig, jitterShare: number) {
    this.#config = config
    this.#jitterShare = jitterShare
  }

  updateConfig(config: LogConfig): void {
    this.#config = config
  }

  /** Whether a batch of `sizeBytes` with these offsets and timestamps needs a new segment. */
  isDueBefore(
    active: Segment,
    batch: { lastOffsetDelta: number; maxTimestamp: number },
    sizeBytes: number,
    nowMs: number
  ): boolean {
    if (active.sizeBytes === 0) return false
    return (
      active.sizeBytes + sizeBytes > this.#config.segmentBytes ||
      active.indexSizeBytes > this.#config.indexBytesMax ||
      active.endOffset + batch.lastOffsetDelta - active.baseOffset > MAX_RELATIVE_OFFSET ||
      this.isTimeOver(active, batch.maxTimestamp, nowMs)
    )
  }

  /** Record time decides while there is any (−1: none), so that a replay of old records rolls like the original did. */
  isTimeOver(active: Segment, timestampMs: number, nowMs: number): boolean {
    if (active.sizeBytes === 0) return false
    const usesRecords = active.firstTimestampMs >= 0 && timestampMs >= 0
    const ageMs = usesRecords ? timestampMs - active.firstTimestampMs : nowMs - active.createdMs
    return ageMs > segmentMsOf(this.#config, this.#jitterShare)
  }
}
