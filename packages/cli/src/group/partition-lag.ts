import type { ClusterClient } from '@streambus/wire-client'
import { EARLIEST, LATEST } from '../offsets.ts'
import type { PartitionOffset } from './committed-offsets.ts'
import { fetchCommitted } from './committed-offsets.ts'
import type { GroupDescription, GroupMember } from './describe-groups.ts'
import { type LogOffsets, logOffsets } from './log-offsets.ts'

/** One partition of one group. */
export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /** Null: nothing committed. */
  readonly committed: number | null
  /** Null: the partition does not exist any more, or has no leader. */
  readonly end: number | null
  /** Records from the committed offset to the end, as Kafka's tools count them; null when one of them is not known. */
  readonly lag: number | null
  /** What is odd about the numbers, in words; empty when nothing is. */
  readonly note: string
  readonly owner: GroupMember | null
}

export interface GroupLag {
  readonly group: GroupDescription
  /** By topic and partition. */
  readonly partitions: readonly PartitionLag[]
  /** The sum of what is known. */
  readonly totalLag: number
}

/** Lag of all partitions that the groups have committed or are assigned. In the order of `groups`. */
export async function lagOfGroups(cluster: ClusterClient, groups: readonly GroupDescription[]): Promise<GroupLag[]> {
  const ids = groups.map(({ groupId }) => groupId)
  // Ends are asked for last: who commits meanwhile must not seem to be ahead of the log.
  const committed = new Map((await fetchCommitted(cluster, ids)).map(({ groupId, offsets }) => [groupId, offsets]))
  const wanted = groups.map(group => wantedOf(group, committed.get(group.groupId) ?? []))
  const partitions = union(wanted)
  const starts = await logOffsets(cluster, partitions, EARLIEST)
  const ends = await logOffsets(cluster, partitions, LATEST)
  return groups.map((group, index) => groupLag(group, wanted[index] ?? [], { starts, ends }))
}

interface Wanted {
  readonly topic: string
  readonly partition: number
  committed: number | null
  owner: GroupMember | null
}

function wantedOf({ members }: GroupDescription, committed: readonly PartitionOffset[]): Wanted[] {
  const found = new Map<string, Wanted>()
  for (const { topic, partition, offset } of committed) {
    found.set(`${topic}-${partition}`, { topic, partition, committed: offset, owner: null })
  }
  for (const member of members) {
    for (const { topic, partitions } of member.assignment ?? []) {
      for (const partition of partitions) {
        const known = found.get(`${topic}-${partition}`)
        if (known === undefined)
          found.set(`${topic}-${partition}`, { topic, partition, committed: null, owner: member })
        else known.owner = member
      }
    }
  }
  return [...found.values()].sort(byTopicAndPartition)
}

/** For sorting. */
export function byTopicAndPartition(
  a: { readonly topic: string; readonly partition: number },
  b: { readonly topic: string; readonly partition: number }
): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
}

function union(wanted: readonly (readonly Wanted[])[]): Map<string, number[]> {
  const topics = new Map<string, Set<number>>()
  for (const { topic, partition } of wanted.flat()) {
    const partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, new Set([partition]))
    else partitions.add(partition)
  }
  return new Map([...topics].map(([topic, partitions]) => [topic, [...partitions]]))
}

function groupLag(
  group: GroupDescription,
  wanted: readonly Wanted[],
  { starts, ends }: { readonly starts: LogOffsets; readonly ends: LogOffsets }
): GroupLag {
  const partitions = wanted.map(({ topic, partition, committed, owner }) => {
    const log = { start: starts.get(topic, partition), end: ends.get(topic, partition) }
    return { topic, partition, committed, end: log.end, ...lagOf(committed, log), owner }
  })
  return { group, partitions, totalLag: partitions.reduce((total, { lag }) => total + (lag ?? 0), 0) }
}

/** How far behind, and what is odd. Never negative: above the end there is nothing to read. Pure. */
export function lagOf(
  committed: number | null,
  { start, end }: { readonly start: number | null; readonly end: number | null }
): { readonly lag: number | null; readonly note: string } {
  if (end === null) return { lag: null, note: 'no such partition, or no leader' }
  if (committed === null) return { lag: null, note: '' }
  if (committed > end) return { lag: 0, note: 'committed above the end' }
  const lost = Math.max(0, (start ?? 0) - committed)
  return { lag: end - committed, note: lost > 0 ? `${lost} below the log start` : '' }
}
