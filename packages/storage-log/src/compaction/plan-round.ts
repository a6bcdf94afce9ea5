import type { LogConfig } from '../config.ts'
import type { ProducerEntry } from '../producer/producer-state.ts'
import type { Segment } from '../segment/segment.ts'
import { type CompactionInput, lastRecordsOf } from './compact-log.ts'
import { type CompactionPlan, firstDirtyOffset, planCompaction, segmentFacts } from './plan.ts'

/** What the log does not know itself. */
export interface RoundBounds {
  /** First dirty offset of the checkpoint; −1: none. */
  readonly checkpointed: number
  readonly lastStableOffset: number
  readonly highWatermark: number
  /** Trusted wall time: ages are judged by it. */
  readonly nowMs: number
}

/** What of `CompactionInput` comes from the log; the rest is memory, chance and rate. */
export type RoundInput = Omit<CompactionInput, 'keyMapBytes' | 'hashSeed' | 'ioBytes'>

export interface CompactionRound {
  readonly plan: CompactionPlan
  /** To be given back with each group, so that a truncation in between is noticed. */
  readonly generation: number
  readonly input: () => RoundInput
}

export interface PlanRoundOptions extends RoundBounds {
  readonly log: {
    readonly directory: string
    readonly config: LogConfig
    readonly logStartOffset: number
    readonly logEndOffset: number
    readonly durableEndOffset: number
  }
  readonly segments: readonly Segment[]
  readonly producers: Iterable<ProducerEntry>
  readonly generation: number
}

/** Throws LogCorrupt, DiskError: ages of dirty segments may have to be read. */
export function planRound(options: PlanRoundOptions): CompactionRound {
  const { log, segments, nowMs, lastStableOffset, highWatermark } = options
  const { config, durableEndOffset } = log
  const dirtyFrom = firstDirtyOffset(options.checkpointed, log)
  const facts = segments.map(segment =>
    segmentFacts(segment, { firstDirtyOffset: dirtyFrom, indexIntervalBytes: config.indexIntervalBytes })
  )
  const plan = planCompaction({
    segments: facts,
    firstDirtyOffset: dirtyFrom,
    lastStableOffset,
    highWatermark,
    durableEndOffset,
    nowMs,
    config
  })
  const input = (): RoundInput => ({
    directory: log.directory,
    segments: facts,
    firstDirtyOffset: dirtyFrom,
    upToOffset: plan.upToOffset,
    decidedOffset: Math.min(highWatermark, durableEndOffset),
    config,
    nowMs,
    lastRecords: lastRecordsOf(options.producers)
  })
  return { plan, generation: options.generation, input }
}
