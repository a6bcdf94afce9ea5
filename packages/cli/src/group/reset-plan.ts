import { Errors } from '@streambus/protocol'
import { BrokerError, type ClusterClient } from '@streambus/wire-client'
import { EARLIEST, LATEST } from '../offsets.ts'
import type { PartitionOffset } from './committed-offsets.ts'
import { LogOffsets, logOffsets, type Partitions } from './log-offsets.ts'
import { byTopicAndPartition } from './partition-lag.ts'
import type { ResetTarget } from './reset-target.ts'

/** One partition of a reset. */
export interface ResetRow {
  readonly topic: string
  readonly partition: number
  /** Null: nothing committed. */
  readonly old: number | null
  readonly new: number
  /** What was asked for, before it was brought into the log. */
  readonly wanted: number
  readonly start: number
  readonly end: number
}

export interface ResetPlan {
  /** By topic and partition. */
  readonly rows: readonly ResetRow[]
  /** What the user should know, a sentence each. */
  readonly warnings: readonly string[]
}

export interface PlanOptions {
  readonly target: ResetTarget
  readonly partitions: Partitions
  /** Of the whole group. */
  readonly committed: readonly PartitionOffset[]
  /** What the file says; empty for the other targets. */
  readonly fromFile: readonly PartitionOffset[]
  /** Partitions that are gone are left out with a warning instead of an error. */
  readonly skipsMissing: boolean
}

/**
 * What a reset would do: each partition's new offset, within its log as in Kafka's tool. Changes nothing. Throws
 * BrokerError for partitions that are not there, Error for one that cannot be shifted.
 */
export async function planReset(cluster: ClusterClient, options: PlanOptions): Promise<ResetPlan> {
  const { target, partitions, skipsMissing } = options
  const starts = await logOffsets(cluster, partitions, EARLIEST)
  const times = target.kind === 'time' ? await logOffsets(cluster, partitions, target.timestampMs) : null
  const ends = await logOffsets(cluster, partitions, LATEST)
  const committed = offsetsOf(options.committed)
  const lookUp = { times, fromFile: offsetsOf(options.fromFile) }
  const rows: ResetRow[] = []
  const warnings: string[] = []
  for (const [topic, numbers] of partitions) {
    for (const partition of numbers) {
      const start = starts.get(topic, partition)
      const end = ends.get(topic, partition)
      if (start === null || end === null) {
        if (!skipsMissing) throw missing(topic, partition)
        warnings.push(`partition ${partition} of ${topic} does not exist any more or has no leader; it is left out`)
        continue
      }
      const place = { topic, partition, start, end, old: committed.get(topic, partition) }
      const wanted = wantedOffset(target, place, lookUp)
      if (wanted === null) continue
      // What is only copied is copied as it is.
      const taken = target.kind === 'current' ? wanted : Math.min(Math.max(wanted, start), end)
      const row = { ...place, wanted, new: taken }
      rows.push(row)
      if (row.new !== wanted) warnings.push(clampText(row))
    }
  }
  return { rows: rows.sort(byTopicAndPartition), warnings }
}

interface Place {
  readonly topic: string
  readonly partition: number
  readonly start: number
  readonly end: number
  readonly old: number | null
}

/** Null: nothing is known of it, and it is left out. */
function wantedOffset(
  target: ResetTarget,
  { topic, partition, start, end, old }: Place,
  { times, fromFile }: { readonly times: LogOffsets | null; readonly fromFile: LogOffsets }
): number | null {
  switch (target.kind) {
    case 'earliest':
      return start
    case 'latest':
      return end
    case 'offset':
      return target.offset
    case 'shift':
      if (old !== null) return old + target.by
      throw new Error(
        `--shift-by has nothing to shift: the group has committed nothing in partition ${partition} of ${topic}; leave it out with --topic ${topic}:…, or give --to-offset`
      )
    case 'time': {
      const found = times?.get(topic, partition) ?? -1
      // Nothing is that young: whatever comes next is.
      return found < 0 ? end : found
    }
    case 'file':
      return fromFile.get(topic, partition)
    case 'current':
      return old
  }
}

function offsetsOf(all: readonly PartitionOffset[]): LogOffsets {
  const offsets = new LogOffsets()
  for (const { topic, partition, offset } of all) offsets.set(topic, partition, offset)
  return offsets
}

function missing(topic: string, partition: number): BrokerError {
  const detail = `does not exist or has no leader; \`streambus topic describe ${topic}\` shows what there is`
  return new BrokerError(Errors.UNKNOWN_TOPIC_OR_PARTITION, `partition ${partition} of topic ${topic}`, detail)
}

function clampText({ topic, partition, wanted, new: taken, start }: ResetRow): string {
  const [side, end] = wanted < start ? ['below', 'start'] : ['above', 'end']
  return `partition ${partition} of ${topic}: offset ${wanted} is ${side} the ${end} of the log; ${taken} is taken instead`
}
