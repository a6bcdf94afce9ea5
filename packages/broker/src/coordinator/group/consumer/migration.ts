import { DecodeError } from '@streambus/protocol'
import { decodeAssignment, decodeSubscription, encodeAssignment } from '@streambus/protocol/consumer-protocol'
import type { GroupRecord } from '@streambus/protocol/group-records'
import { ClassicGroup } from '../classic/classic-group.ts'
import { ClassicMember } from '../classic/classic-member.ts'
import type { GroupSettings } from '../group-settings.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, newConsumerMember, withEpochs } from './consumer-member.ts'
import { currentRecord, epochRecord, memberRecord, targetEpochRecord, targetRecord } from './consumer-records.ts'
import { byTopicId, byTopicName } from './named-partitions.ts'
import type { GroupTopics } from './subscriptions.ts'
import { NO_PARTITIONS, type TopicPartitions } from './topic-partitions.ts'

export interface MigrationOptions {
  readonly settings: () => GroupSettings
  readonly topics: GroupTopics
}

const CONSUMER = 'consumer'

/**
 * Groups change their type while they have members: when the first member of the consumer protocol joins a classic
 * group, and when the last one leaves (KIP-848, `group.consumer.migration.policy`).
 */
export class Migration {
  readonly #options: MigrationOptions

  constructor(options: MigrationOptions) {
    this.#options = options
  }

  /**
   * The records that make a group of the consumer protocol of a classic one: everybody keeps what he has, and
   * continues in the epoch that is his generation. Null: the group may not or cannot become one.
   */
  upgrade(group: ClassicGroup, nowMs: number): readonly GroupRecord[] | null {
    const { migrationPolicy, membersMax } = this.#options.settings().consumer
    if (migrationPolicy !== 'upgrade' && migrationPolicy !== 'bidirectional') return null
    if (group.protocolType !== CONSUMER || group.members.size > membersMax) return null
    const protocol = group.protocol ?? group.selectProtocol()
    try {
      const members = withoutDoubles(
        [...group.members.values()].map(member => this.#toConsumer(group, member, protocol))
      )
      const { groupId, generation } = group
      return [
        ...group.tombstones(),
        ...members.map(member => memberRecord(groupId, member)),
        epochRecord(groupId, generation, 0),
        ...members.map(member => targetRecord(groupId, member.memberId, member.assigned)),
        targetEpochRecord(groupId, generation, nowMs),
        ...members.map(member => currentRecord(groupId, member))
      ]
    } catch (error) {
      // Somebody speaks another protocol under this name.
      if (error instanceof DecodeError) return null
      throw error
    }
  }

  /**
   * The records that make a classic group of what is left without these members, and with `by` who takes the place of
   * the first of them, if all of those speak the classic protocol; else null. The classic group begins with a
   * rebalance, because its members may be on different ways: it has no leader yet, which says so over a restart, too.
   */
  downgrade(
    group: ConsumerGroup,
    without: readonly ConsumerMember[],
    { by, nowMs }: { readonly by: ConsumerMember | null; readonly nowMs: number }
  ): readonly GroupRecord[] | null {
    const { settings, topics } = this.#options
    const { consumer, membersMax } = settings()
    if (consumer.migrationPolicy !== 'downgrade' && consumer.migrationPolicy !== 'bidirectional') return null
    const left = [...group.members.values()].filter(member => !without.includes(member))
    const members = by === null ? left : [...left, by]
    if (members.length === 0 || members.length > membersMax) return null
    if (members.some(({ classic }) => classic === null)) return null

    const classicGroup = new ClassicGroup(group.groupId, nowMs)
    classicGroup.generation = group.epoch
    for (const member of members) classicGroup.add(toClassic(member), CONSUMER)
    classicGroup.protocol = classicGroup.selectProtocol()
    classicGroup.leaderId = null
    // Not the target: what it gives to one may still be in the hands of another.
    const assigned = new Map(members.map(member => [member.memberId, member.assigned]))
    const assignmentOf = ({ memberId }: ClassicMember): Buffer =>
      encodeAssignment({ partitions: byTopicName(assigned.get(memberId) ?? NO_PARTITIONS, topics) })
    return [...group.tombstones(), classicGroup.toRecord(assignmentOf)]
  }

  #toConsumer(group: ClassicGroup, member: ClassicMember, protocol: string): ConsumerMember {
    const { topics } = this.#options
    const { topics: subscribedTopics, rackId, ownedPartitions } = decodeSubscription(member.metadataFor(protocol))
    const { memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = member
    const partitions = member.assignment.length === 0 ? [] : decodeAssignment(member.assignment).partitions
    return {
      ...newConsumerMember(memberId),
      instanceId,
      rackId,
      clientId,
      clientHost,
      rebalanceTimeoutMs,
      subscribedTopics,
      classic: { sessionTimeoutMs, protocols },
      memberEpoch: group.generation,
      previousEpoch: group.generation,
      assigned: byTopicId(partitions, topics),
      pendingRevocation: byTopicId(ownedPartitions, topics)
    }
  }
}

/**
 * A leader may have given a partition to several members; here it has one owner. The others learn it soon. What
 * somebody had when he joined, and nobody was given, he may still be about to give up (KIP-429).
 */
function withoutDoubles(members: readonly ConsumerMember[]): ConsumerMember[] {
  const taken = new Set<string>()
  const once = (all: TopicPartitions): TopicPartitions => {
    const left = new Map<string, readonly number[]>()
    for (const [topicId, partitions] of all) {
      const own = partitions.filter(partition => !taken.has(`${topicId} ${partition}`))
      for (const partition of own) taken.add(`${topicId} ${partition}`)
      if (own.length > 0) left.set(topicId, own)
    }
    return left
  }
  const assigned = members.map(member => ({ ...member, assigned: once(member.assigned) }))
  return assigned.map(member => {
    const pendingRevocation = once(member.pendingRevocation)
    const state = pendingRevocation.size === 0 ? 'stable' : 'unrevoked'
    return withEpochs({ ...member, state, pendingRevocation }, member)
  })
}

function toClassic(member: ConsumerMember): ClassicMember {
  const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs, classic } = member
  return new ClassicMember({
    memberId,
    instanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs: classic?.sessionTimeoutMs ?? rebalanceTimeoutMs,
    protocols: classic?.protocols ?? []
  })
}
