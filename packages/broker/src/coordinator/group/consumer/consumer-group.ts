import type {
  ClassicGroupRecord,
  ConsumerMemberRecord,
  GroupRecord,
  OffsetRecord
} from '@streambus/protocol/group-records'
import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'
import type { CommitJudge, Group, OffsetCaller } from '../group.ts'
import { type ConsumerMember, newConsumerMember, withAssignment, withMetadata } from './consumer-member.ts'
import { PartitionOwners } from './partition-owners.ts'
import { fromList, NO_PARTITIONS, type TopicPartitions } from './topic-partitions.ts'

/** The first version of OffsetCommit and OffsetFetch that knows members of the consumer protocol. */
const MEMBER_EPOCH_VERSION = 9

/** Empty: no members. Assigning: a target has to be computed. Reconciling: members are on their way to it. */
export type ConsumerState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** All records of groups of the consumer protocol. */
export type ConsumerRecord = Exclude<GroupRecord, OffsetRecord | ClassicGroupRecord>

/** What is known of the topics that match a regular expression. */
export interface ResolvedRegex {
  readonly topics: readonly string[]
  /** Of the metadata that it was resolved against. */
  readonly version: number
  readonly resolvedMs: number
}

/**
 * A group of the consumer protocol (KIP-848): what its records add up to. Three epochs move one after the other: the
 * group's, when a subscription or a topic changed; the assignment's, when the target for it is computed; each member's,
 * when it has given up what it must for that target. Changed by records alone.
 */
export class ConsumerGroup implements Group {
  readonly type = 'consumer'
  readonly isStored = true
  readonly groupId: string
  /** The version of the topics that the group's epoch is known to be up to; −1: to none. Not in the records. */
  checkedVersion = -1
  readonly #members = new Map<string, ConsumerMember>()
  readonly #memberIdOf = new Map<string, string>()
  readonly #target = new Map<string, TopicPartitions>()
  readonly #regexes = new Map<string, ResolvedRegex>()
  readonly #owners = new PartitionOwners()
  /** How many members want a topic by its name. */
  readonly #subscribers = new Map<string, number>()
  #epoch = 0
  #metadataHash = 0
  #assignmentEpoch = 0

  readonly #defaultAssignor: () => string

  /** `defaultAssignor`: of groups in which nobody asks for one. */
  constructor(groupId: string, defaultAssignor: () => string) {
    this.groupId = groupId
    this.#defaultAssignor = defaultAssignor
  }

  get epoch(): number {
    return this.#epoch
  }

  get assignmentEpoch(): number {
    return this.#assignmentEpoch
  }

  get metadataHash(): number {
    return this.#metadataHash
  }

  get members(): ReadonlyMap<string, ConsumerMember> {
    return this.#members
  }

  get regexes(): ReadonlyMap<string, ResolvedRegex> {
    return this.#regexes
  }

  get targets(): ReadonlyMap<string, TopicPartitions> {
    return this.#target
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  get isUnused(): boolean {
    return this.isEmpty
  }

  get memberCount(): number {
    return this.#members.size
  }

  get state(): ConsumerState {
    if (this.isEmpty) return 'Empty'
    if (this.#epoch > this.#assignmentEpoch) return 'Assigning'
    for (const { state, memberEpoch } of this.#members.values()) {
      if (state !== 'stable' || memberEpoch !== this.#assignmentEpoch) return 'Reconciling'
    }
    return 'Stable'
  }

  get stateName(): string {
    return this.state
  }

  get protocolTypeName(): string {
    return 'consumer'
  }

  get protocolName(): string {
    return preferredAssignor(this.#members.values()) || this.#defaultAssignor()
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.#memberIdOf.get(instanceId)
    return memberId === undefined ? undefined : this.#members.get(memberId)
  }

  targetOf(memberId: string): TopicPartitions {
    return this.#target.get(memberId) ?? NO_PARTITIONS
  }

  /** The member epoch in which somebody holds the partition; −1: it is free. */
  ownerEpoch(topicId: string, partition: number): number {
    return this.#owners.epochOf(topicId, partition)
  }

  /** Every topic that somebody wants, by name or by a regular expression as it was resolved last. */
  subscribedTopics(): ReadonlySet<string> {
    const topics = new Set(this.#subscribers.keys())
    for (const { subscribedRegex } of this.#members.values()) {
      for (const topic of this.#regexes.get(subscribedRegex)?.topics ?? []) topics.add(topic)
    }
    return topics
  }

  isSubscribedTo(topic: string): boolean {
    return this.#subscribers.has(topic) || this.subscribedTopics().has(topic)
  }

  /** Throws CoordinatorRefused. */
  memberFor(memberId: string): ConsumerMember {
    const member = this.#members.get(memberId)
    if (member !== undefined) return member
    throw new CoordinatorRefused('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of group ${this.groupId}.`)
  }

  /** Throws CoordinatorRefused; FENCED_INSTANCE_ID when another member has the instance id. */
  staticMemberFor(instanceId: string, memberId: string): ConsumerMember {
    const member = this.staticMember(instanceId)
    if (member === undefined) throw new CoordinatorRefused('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
    if (member.memberId === memberId) return member
    const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`
    throw new CoordinatorRefused('FENCED_INSTANCE_ID', message)
  }

  /**
   * A commit in an older epoch counts for the partitions that the member has had since then or longer: the next epoch
   * may have begun while the commit was under way (KIP-1251).
   */
  checkCommit({ memberId, epoch, apiVersion }: OffsetCaller): CommitJudge | null {
    if (epoch < 0 && this.isEmpty) return null
    const member = this.memberFor(memberId)
    if (member.classic === null && apiVersion < MEMBER_EPOCH_VERSION) {
      const message = `a member of the consumer protocol commits with version ${MEMBER_EPOCH_VERSION} or later`
      throw new CoordinatorRefused('UNSUPPORTED_VERSION', message)
    }
    const { sinceEpochs, memberEpoch, classic } = member
    if (epoch < 0 || epoch >= memberEpoch) {
      this.#checkEpoch(member, epoch)
      return null
    }
    return (topicId, partition) => {
      const sinceEpoch = sinceEpochs.get(topicId)?.get(partition)
      if (sinceEpoch !== undefined && epoch >= sinceEpoch) return 'NONE'
      return classic === null ? 'STALE_MEMBER_EPOCH' : 'ILLEGAL_GENERATION'
    }
  }

  checkFetch({ memberId, epoch }: OffsetCaller): void {
    // Tools, and consumers that choose their partitions themselves.
    if (memberId === '' && epoch < 0) return
    this.#checkEpoch(this.memberFor(memberId), epoch)
  }

  checkOffsetDeletion(): void {
    // Whether somebody reads a topic is known here, so each partition is judged by itself.
  }

  checkDeletion(): void {
    if (this.isEmpty) return
    throw new CoordinatorRefused('NON_EMPTY_GROUP', `group ${this.groupId} has members; stop them first`)
  }

  /** Nothing says since when it is empty; who has lived until then has committed until then. */
  agingSinceMs(commitMs: number): number {
    return commitMs
  }

  tombstones(): readonly GroupRecord[] {
    const { groupId } = this
    const records: GroupRecord[] = []
    for (const memberId of this.#members.keys()) {
      records.push({ kind: 'current-assignment', groupId, memberId, value: null })
    }
    for (const memberId of this.#target.keys()) records.push({ kind: 'target-member', groupId, memberId, value: null })
    records.push({ kind: 'target-assignment', groupId, value: null })
    for (const memberId of this.#members.keys())
      records.push({ kind: 'consumer-member', groupId, memberId, value: null })
    for (const regularExpression of this.#regexes.keys()) {
      records.push({ kind: 'regex', groupId, regularExpression, value: null })
    }
    records.push({ kind: 'consumer-group', groupId, value: null })
    return records
  }

  /** True when the group is gone with it. */
  replay(record: ConsumerRecord): boolean {
    switch (record.kind) {
      case 'consumer-group':
        if (record.value === null) return true
        this.#epoch = record.value.epoch
        this.#metadataHash = record.value.metadataHash
        return false
      case 'consumer-member':
        this.#replayMember(record)
        return false
      case 'target-assignment':
        this.#assignmentEpoch = record.value?.assignmentEpoch ?? 0
        return false
      case 'target-member':
        if (record.value === null) this.#target.delete(record.memberId)
        else this.#target.set(record.memberId, fromList(record.value.topicPartitions))
        return false
      case 'current-assignment': {
        // After a compaction it may stand in front of the record of the member itself.
        const member = this.#members.get(record.memberId) ?? newConsumerMember(record.memberId)
        if (record.value !== null || this.#members.has(record.memberId)) this.#put(withAssignment(member, record.value))
        return false
      }
      case 'regex': {
        const { regularExpression, value } = record
        if (value === null) this.#regexes.delete(regularExpression)
        else {
          const { topics, version, timestamp: resolvedMs } = value
          this.#regexes.set(regularExpression, { topics, version, resolvedMs })
        }
        return false
      }
    }
  }

  #checkEpoch({ memberId, memberEpoch, classic }: ConsumerMember, epoch: number): void {
    if (epoch === memberEpoch) return
    const errorName = classic === null ? 'STALE_MEMBER_EPOCH' : 'ILLEGAL_GENERATION'
    throw new CoordinatorRefused(errorName, `member ${memberId} is in epoch ${memberEpoch}, not in ${epoch}`)
  }

  #replayMember({ memberId, value }: ConsumerMemberRecord): void {
    const member = this.#members.get(memberId)
    if (value === null) return member === undefined ? undefined : this.#remove(member)
    if (member !== undefined && member.instanceId !== value.instanceId) this.#forgetInstance(member)
    this.#put(withMetadata(member ?? newConsumerMember(memberId), value))
    if (value.instanceId !== null) this.#memberIdOf.set(value.instanceId, memberId)
  }

  #put(member: ConsumerMember): void {
    const before = this.#members.get(member.memberId) ?? null
    this.#count(before, -1)
    this.#count(member, 1)
    this.#owners.replace(before, member)
    this.#members.set(member.memberId, member)
  }

  #remove(member: ConsumerMember): void {
    this.#count(member, -1)
    this.#owners.replace(member, null)
    this.#members.delete(member.memberId)
    this.#forgetInstance(member)
  }

  /** A member with the same instance id may have taken its place already. */
  #forgetInstance({ instanceId, memberId }: ConsumerMember): void {
    if (instanceId !== null && this.#memberIdOf.get(instanceId) === memberId) this.#memberIdOf.delete(instanceId)
  }

  #count(member: ConsumerMember | null, change: 1 | -1): void {
    for (const topic of member?.subscribedTopics ?? []) {
      const count = (this.#subscribers.get(topic) ?? 0) + change
      if (count === 0) this.#subscribers.delete(topic)
      else this.#subscribers.set(topic, count)
    }
  }
}

/** The assignor that most members ask for; empty: nobody asks for one. */
export function preferredAssignor(members: Iterable<ConsumerMember>): string {
  const votes = new Map<string, number>()
  let preferred = ''
  for (const { serverAssignor } of members) {
    if (serverAssignor === null) continue
    const count = (votes.get(serverAssignor) ?? 0) + 1
    votes.set(serverAssignor, count)
    if (count > (votes.get(preferred) ?? 0)) preferred = serverAssignor
  }
  return preferred
}
