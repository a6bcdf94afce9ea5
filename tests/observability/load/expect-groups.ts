import type { Expectations } from './expectation.ts'
import { type CommittedPlace, rebalancesOf, type TalliedGroup } from './group-tally.ts'
import type { WireTally } from './wire-tally.ts'

/** Groups, their members, what they have committed and how far behind that is. */
export function expectGroups(expected: Expectations, { groups, produced, topics }: WireTally): void {
  const endOf = ({ topic, partition }: CommittedPlace): number => produced.ends.of(topic, String(partition))
  let [members, offsets, lag, rebalances] = [0, 0, 0, groups.rebalancesGone]
  for (const [id, group] of groups.groups) {
    const lagOf = expectGroup(expected, { id, group, commits: groups.commits.of(id), endOf })
    members += group.members.size
    offsets += group.offsets.size
    lag += lagOf
    rebalances += rebalancesOf(group)
  }
  const types = [...groups.groups.values()].map(({ type }) => type)
  const count = (type: string): number => types.filter(each => each === type).length
  expected
    .from('groups that were joined or committed to, and not deleted')
    .is('streambus_consumer_groups_total', types.length)
    .total('streambus_consumer_groups', types.length)
    .total('streambus_consumer_groups', count('classic'), { type: 'classic' })
    .total('streambus_consumer_groups', count('consumer'), { type: 'consumer' })
    .from('members that joined and have not left')
    .is('streambus_consumer_group_members_total', members)
    .sum('streambus_consumer_group_members', members)
    .from('ends of partitions minus offsets committed')
    .sum('streambus_consumer_group_lag', lag)
    .from('offsets committed and neither replaced nor deleted')
    .is('streambus_offsets_stored', offsets)
    .from('offsets in commits that were taken, those of deleted groups included')
    .total('streambus_consumer_group_offset_commits_total', groups.commits.total)
    .from('generations of classic groups, and members of others that came, left or wanted other topics')
    .total('streambus_consumer_group_rebalances_total', rebalances)
    .from('no member was silent for longer than its session')
    .total('streambus_consumer_group_heartbeat_expirations_total', 0)
    .is('streambus_offset_expirations_total', 0)
  for (const topic of topics.deleted) {
    expected
      .from('nobody follows a deleted topic')
      .is('streambus_consumer_group_topic_lag', null, { topic })
      .is('streambus_consumer_group_partition_lag', null, { topic })
      .is('streambus_consumer_group_committed_offset', null, { topic })
  }
}

/** Returns its lag. */
function expectGroup(
  expected: Expectations,
  {
    id,
    group,
    commits,
    endOf
  }: {
    readonly id: string
    readonly group: TalliedGroup
    readonly commits: number
    readonly endOf: (place: CommittedPlace) => number
  }
): number {
  const { members, offsets } = group
  let lag = 0
  for (const place of offsets.values()) {
    const labels = { group: id, topic: place.topic, partition: String(place.partition) }
    lag += endOf(place) - place.offset
    expected
      .from('the last offset that this group committed for this partition')
      .is('streambus_consumer_group_committed_offset', place.offset, labels)
      .is('streambus_consumer_group_partition_lag', endOf(place) - place.offset, labels)
  }
  expected
    .from('what this group has joined, left and committed')
    .is('streambus_consumer_group_members', members.size, { group: id })
    .is('streambus_consumer_group_lag', lag, { group: id })
    .total('streambus_consumer_group_offset_commits_total', commits, { group: id })
    .total('streambus_consumer_group_rebalances_total', rebalancesOf(group), { group: id })
  return lag
}
