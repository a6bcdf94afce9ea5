import { type BrokerMetrics, type Cells, OVERFLOW_LABEL } from '@streambus/metrics'
import type { GroupLagView, PartitionLagView } from '../coordinator/lag/group-lag.ts'
import type { BrokerView } from './broker-view.ts'

const STATUSES = ['OK', 'WARN', 'STOP', 'STALL', 'REWIND']
/** Groups with series of their own: those with the most lag. The others are added up. */
const GROUPS_MAX = 500
/** Partitions with series of their own, over all groups. */
const PARTITIONS_MAX = 5_000

/** Computes, before each scrape, how far every group has come. */
export function bindLag(metrics: BrokerMetrics, view: Pick<BrokerView, 'groups' | 'committedOffsets'>): void {
  const { cells } = metrics
  metrics.beforeRender(() => {
    const groups = [...view.groups()].sort((a, b) => b.lag - a.lag)
    clear(cells)
    collectCounts(cells, groups, view.committedOffsets())
    let room = PARTITIONS_MAX
    for (const each of groups.slice(0, GROUPS_MAX)) {
      collectGroup(cells, each)
      collectTopics(cells, each)
      collectPartitions(cells, each.partitions.slice(0, room))
      room = Math.max(0, room - each.partitions.length)
    }
    collectRest(cells, groups.slice(GROUPS_MAX))
  })
}

function clear(cells: Cells): void {
  cells.consumerGroups.clear()
  cells.consumerGroupMembers.clear()
  cells.consumerGroupLag.clear()
  cells.consumerGroupInfo.clear()
  cells.consumerGroupLagSeconds.clear()
  cells.consumerGroupStatus.clear()
  cells.consumerGroupTopicLag.clear()
  cells.consumerGroupTopicLagSeconds.clear()
  cells.consumerGroupRetentionHeadroom.clear()
  cells.consumerGroupPartitionLag.clear()
  cells.consumerGroupCommittedOffset.clear()
}

function collectCounts(cells: Cells, groups: readonly GroupLagView[], offsetCount: number): void {
  let members = 0
  for (const { group, memberCount } of groups) {
    members += memberCount
    cells.consumerGroups.child(group.stateName, group.type).add(1)
  }
  cells.consumerGroupsTotal.set(groups.length)
  cells.consumerGroupMembersTotal.set(members)
  cells.offsetsStored.set(offsetCount)
}

function collectGroup(cells: Cells, { group, memberCount, lag, lagSeconds, status }: GroupLagView): void {
  const { groupId, stateName, type } = group
  cells.consumerGroupMembers.child(groupId).set(memberCount)
  cells.consumerGroupLag.child(groupId).set(lag)
  cells.consumerGroupInfo.child(groupId, stateName, group.protocolName, type).set(1)
  if (lagSeconds !== null) cells.consumerGroupLagSeconds.child(groupId).set(lagSeconds)
  for (const each of STATUSES) cells.consumerGroupStatus.child(groupId, each).set(each === status ? 1 : 0)
}

function collectTopics(cells: Cells, { group: { groupId }, partitions }: GroupLagView): void {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic)
  for (const [topic, all] of byTopic) {
    let lag = 0
    let seconds = 0
    let headroom = Number.POSITIVE_INFINITY
    for (const { lag: records, lagSeconds, headroomSeconds } of all) {
      lag += records
      seconds = Math.max(seconds, lagSeconds ?? 0)
      headroom = Math.min(headroom, headroomSeconds)
    }
    cells.consumerGroupTopicLag.child(groupId, topic).set(lag)
    cells.consumerGroupTopicLagSeconds.child(groupId, topic).set(seconds)
    cells.consumerGroupRetentionHeadroom.child(groupId, topic).set(headroom)
  }
}

function collectPartitions(cells: Cells, partitions: readonly PartitionLagView[]): void {
  for (const { group, topic, partition, lag, committedOffset } of partitions) {
    cells.consumerGroupPartitionLag.child(group, topic, String(partition)).set(lag)
    cells.consumerGroupCommittedOffset.child(group, topic, String(partition)).set(committedOffset)
  }
}

function collectRest(cells: Cells, groups: readonly GroupLagView[]): void {
  if (groups.length === 0) return
  for (const { lag, memberCount } of groups) {
    cells.consumerGroupLag.child(OVERFLOW_LABEL).add(lag)
    cells.consumerGroupMembers.child(OVERFLOW_LABEL).add(memberCount)
  }
}
