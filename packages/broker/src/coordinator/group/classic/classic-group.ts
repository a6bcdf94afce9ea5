import { assert } from '@streambus/base'
import type { ClassicGroupValue, GroupRecord } from '@streambus/protocol/group-records'
import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'
import type { Group, OffsetCaller } from '../group.ts'
import { ClassicMember, type MemberProtocol } from './classic-member.ts'
import { subscribedTopics } from './subscription.ts'

/**
 * Empty: no members, perhaps offsets. PreparingRebalance: members are joining. CompletingRebalance: all have joined,
 * the leader has not assigned yet. Stable: everybody can have the assignment.
 */
export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** Of groups whose members assign the partitions of topics among each other. */
const CONSUMER = 'consumer'

/** A classic group: its members and what they have agreed on. Knows no timers and decides nothing. */
export class ClassicGroup implements Group {
  readonly type = 'classic'
  readonly groupId: string
  generation = 0
  /** Of the first member; kept while the group is empty. */
  protocolType: string | null = null
  protocol: string | null = null
  leaderId: string | null = null
  /** Wall time. */
  stateSinceMs: number
  /** In the order in which they joined. */
  readonly members = new Map<string, ClassicMember>()
  /** They were told their ids and have to join once more with them. */
  readonly pendingMembers = new Set<string>()
  /** They have joined the generation, and have not asked for their assignment. */
  readonly pendingSync = new Set<string>()
  /** Somebody new came during the initial delay, so it is made longer. */
  hasNewMember = false
  isStored = false
  readonly #memberIdOf = new Map<string, string>()
  #state: ClassicState = 'Empty'
  #previousState: ClassicState = 'Empty'
  /** Null: cannot be told, so every topic counts. */
  #topics: ReadonlySet<string> | null = null

  constructor(groupId: string, nowMs: number) {
    this.groupId = groupId
    this.stateSinceMs = nowMs
  }

  get state(): ClassicState {
    return this.#state
  }

  get stateName(): string {
    return this.#state
  }

  get previousState(): ClassicState {
    return this.#previousState
  }

  get isEmpty(): boolean {
    return this.#state === 'Empty'
  }

  get isUnused(): boolean {
    return this.isEmpty && this.pendingMembers.size === 0
  }

  get memberCount(): number {
    return this.members.size
  }

  get protocolName(): string {
    return this.protocol ?? ''
  }

  get protocolTypeName(): string {
    return this.protocolType ?? ''
  }

  /** The longest that a member may take to join again. */
  get rebalanceTimeoutMs(): number {
    let longestMs = 0
    for (const { rebalanceTimeoutMs } of this.members.values()) longestMs = Math.max(longestMs, rebalanceTimeoutMs)
    return longestMs
  }

  get awaitingJoinCount(): number {
    let count = 0
    for (const { joinReply } of this.members.values()) if (joinReply !== null) count++
    return count
  }

  get haveAllJoined(): boolean {
    return this.pendingMembers.size === 0 && this.awaitingJoinCount === this.members.size
  }

  transitionTo(state: ClassicState, nowMs: number): void {
    this.#previousState = this.#state
    this.#state = state
    this.stateSinceMs = nowMs
  }

  staticMemberId(instanceId: string): string | undefined {
    return this.#memberIdOf.get(instanceId)
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  add(member: ClassicMember, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType
    this.members.set(member.memberId, member)
    this.pendingMembers.delete(member.memberId)
    if (member.instanceId !== null) this.#memberIdOf.set(member.instanceId, member.memberId)
    this.leaderId ??= member.memberId
  }

  /** Also of a pending member. */
  remove(memberId: string): void {
    const member = this.members.get(memberId)
    this.members.delete(memberId)
    this.pendingMembers.delete(memberId)
    this.pendingSync.delete(memberId)
    if (member !== undefined && member.instanceId !== null) this.#memberIdOf.delete(member.instanceId)
    if (this.leaderId === memberId) this.leaderId = firstKey(this.members)
  }

  /** The same member under another id, at the same place. The old one's parked answers are the caller's. */
  replaceStatic(member: ClassicMember, newMemberId: string): void {
    const { memberId, instanceId } = member
    assert(
      instanceId !== null && this.members.get(memberId) === member,
      'only a static member of the group is replaced'
    )
    const all = [...this.members.values()]
    this.members.clear()
    member.memberId = newMemberId
    for (const each of all) this.members.set(each.memberId, each)
    this.#memberIdOf.set(instanceId, newMemberId)
    if (this.pendingSync.delete(memberId)) this.pendingSync.add(newMemberId)
    if (this.leaderId === memberId) this.leaderId = newMemberId
  }

  /** Whether somebody with these protocols can be in the group with the others. */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (protocolType === '' || protocols.length === 0) return false
    if (this.members.size === 0) return true
    const counts = this.#protocolCounts()
    return protocolType === this.protocolType && protocols.some(({ name }) => counts.get(name) === this.members.size)
  }

  /** Of the protocols that all support, the one that most prefer. */
  selectProtocol(): string {
    const counts = this.#protocolCounts()
    const votes = new Map<string, number>()
    for (const { protocols } of this.members.values()) {
      const vote = protocols.find(({ name }) => counts.get(name) === this.members.size)?.name
      if (vote !== undefined) votes.set(vote, (votes.get(vote) ?? 0) + 1)
    }
    let selected = ''
    for (const [name, count] of votes) if (selected === '' || count > (votes.get(selected) ?? 0)) selected = name
    return selected
  }

  /** The leader stays if it has joined again; else it is somebody who has. False: nobody has. */
  electJoinedLeader(): boolean {
    if (this.leaderId !== null && this.members.get(this.leaderId)?.joinReply != null) return true
    for (const { memberId, joinReply } of this.members.values()) {
      if (joinReply === null) continue
      this.leaderId = memberId
      return true
    }
    return false
  }

  /** All who will be in it have joined. */
  beginGeneration(nowMs: number): void {
    this.generation++
    this.protocol = this.members.size === 0 ? null : this.selectProtocol()
    if (this.members.size === 0) this.leaderId = null
    this.transitionTo(this.members.size === 0 ? 'Empty' : 'CompletingRebalance', nowMs)
    this.#readTopics()
  }

  /** Throws UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when another member has the instance id. */
  memberFor(memberId: string, instanceId: string | null): ClassicMember {
    if (instanceId !== null) {
      const owner = this.#memberIdOf.get(instanceId)
      if (owner === undefined) throw unknownMember(this.groupId, memberId)
      if (owner !== memberId) {
        const message = `the instance id ${instanceId} belongs to a newer member than ${memberId}`
        throw new CoordinatorRefused('FENCED_INSTANCE_ID', message)
      }
    }
    const member = this.members.get(memberId)
    if (member === undefined) throw unknownMember(this.groupId, memberId)
    return member
  }

  checkGeneration(generation: number): void {
    if (generation === this.generation) return
    const message = `generation ${generation} of group ${this.groupId} is over, it has ${this.generation}`
    throw new CoordinatorRefused('ILLEGAL_GENERATION', message)
  }

  isSubscribedTo(topic: string): boolean {
    if (this.protocolType !== CONSUMER) return false
    return this.#topics?.has(topic) ?? true
  }

  checkCommit({ memberId, instanceId, epoch }: OffsetCaller): null {
    // Tools, and consumers that choose their partitions themselves.
    if (epoch < 0 && this.isEmpty) return null
    if (epoch >= 0 || memberId !== '' || instanceId !== null) {
      this.memberFor(memberId, instanceId)
      this.checkGeneration(epoch)
    } else {
      const message = `group ${this.groupId} has members, so only they may commit`
      throw new CoordinatorRefused('UNKNOWN_MEMBER_ID', message)
    }
    if (this.#state === 'CompletingRebalance') {
      throw new CoordinatorRefused('REBALANCE_IN_PROGRESS', `group ${this.groupId} is rebalancing`)
    }
    return null
  }

  checkFetch(): void {
    // Whoever knows the group may see its offsets.
  }

  checkOffsetDeletion(): void {
    if (this.isEmpty || this.protocolType === CONSUMER) return
    const message = `group ${this.groupId} has members, and what they have subscribed to cannot be told`
    throw new CoordinatorRefused('NON_EMPTY_GROUP', message)
  }

  checkDeletion(): void {
    if (this.isEmpty) return
    throw new CoordinatorRefused('NON_EMPTY_GROUP', `group ${this.groupId} has members; stop them first`)
  }

  /** KIP-211: offsets age from when the group became empty; those of a topic nobody subscribes to, from the commit. */
  agingSinceMs(commitMs: number): number | null {
    if (this.protocolType === null || this.protocolType === '') return commitMs
    // Records of old versions do not say since when.
    if (this.isEmpty) return this.stateSinceMs >= 0 ? this.stateSinceMs : commitMs
    return this.protocolType === CONSUMER && this.#state === 'Stable' && this.#topics !== null ? commitMs : null
  }

  tombstones(): readonly GroupRecord[] {
    return [{ kind: 'classic-group', groupId: this.groupId, value: null }]
  }

  /** The generation as it is stored, with these assignments. */
  toRecord(assignmentOf: (member: ClassicMember) => Buffer): GroupRecord {
    const members = [...this.members.values()].map(member => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.metadataFor(this.protocol),
      assignment: assignmentOf(member)
    }))
    const value: ClassicGroupValue = {
      protocolType: this.protocolTypeName,
      generation: this.generation,
      protocol: this.protocol,
      leader: this.leaderId,
      currentStateTimestamp: this.stateSinceMs,
      members
    }
    return { kind: 'classic-group', groupId: this.groupId, value }
  }

  static fromRecord(groupId: string, value: ClassicGroupValue): ClassicGroup {
    const group = new ClassicGroup(groupId, value.currentStateTimestamp)
    group.isStored = true
    group.generation = value.generation
    for (const stored of value.members) {
      const protocols = value.protocol === null ? [] : [{ name: value.protocol, metadata: stored.subscription }]
      const member = new ClassicMember({
        memberId: stored.memberId,
        instanceId: stored.groupInstanceId,
        clientId: stored.clientId,
        clientHost: stored.clientHost,
        sessionTimeoutMs: stored.sessionTimeout,
        rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
        protocols
      })
      member.assignment = stored.assignment
      group.add(member, value.protocolType)
    }
    group.protocolType = value.protocolType === '' ? null : value.protocolType
    group.protocol = value.protocol
    group.leaderId = value.leader
    group.#state = value.members.length === 0 ? 'Empty' : 'Stable'
    group.#readTopics()
    return group
  }

  #protocolCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { protocols } of this.members.values()) {
      for (const name of new Set(protocols.map(each => each.name))) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return counts
  }

  #readTopics(): void {
    this.#topics = null
    if (this.protocolType !== CONSUMER) return
    const topics = new Set<string>()
    for (const member of this.members.values()) {
      const names = subscribedTopics(member.metadataFor(this.protocol))
      if (names === null) return
      for (const name of names) topics.add(name)
    }
    this.#topics = topics
  }
}

function unknownMember(groupId: string, memberId: string): CoordinatorRefused {
  return new CoordinatorRefused('UNKNOWN_MEMBER_ID', `group ${groupId} has no member '${memberId}'`)
}

function firstKey(map: ReadonlyMap<string, unknown>): string | null {
  for (const key of map.keys()) return key
  return null
}
