import { consumerGroupHeartbeatApi, joinGroupApi, offsetCommitApi, syncGroupApi } from '@streambus/protocol'
import { type Arrival, answerOf, type Check, nameOf, requestOf } from '../facts.ts'
import { partitionName } from '../topics.ts'
import { holds } from '../violation.ts'
import type { HoldingsCheck } from './holdings-check.ts'
import { wordsOf } from './words.ts'
import type { World } from './world.ts'

interface GroupFacts {
  /** Of each member: the newest epoch that it was told. */
  readonly told: Map<string, number>
  /** The newest epoch that anybody was told: it is in the log. */
  toldMax: number
  /** The group was seen without members since, so it may be gone. */
  mayBeGone: boolean
  /** The last request that had arrived then: what it and all before it are told is of the group that is gone. */
  goneAfter: number
}

/** Why a request must not be served; for a commit by its partitions. */
type Refusal = string | ReadonlyMap<string, string>

/**
 * R17, for groups of any protocol: what the epochs of members are for.
 *
 * 'R17 epoch': the epoch that a member is told never goes back until it joins anew, and the group's own is never below
 * one that a member was told, over restarts as well. 'R17 zombie': who has lost a partition does nothing with it any
 * more. A commit does not count while another member holds the partition, nor if it is from an epoch in which another
 * one has had it since; a heartbeat from an older epoch than the member was told counts only if it
 * lists what it owns, and nothing that another one has (the answer with the new epoch may have been lost).
 */
export class EpochsCheck implements Check {
  readonly #world: World
  readonly #holdings: HoldingsCheck
  readonly #groups = new Map<string, GroupFacts>()
  readonly #refusals = new Map<Arrival, Refusal>()
  #newest = 0

  /** `holdings` must see everything after this. */
  constructor(world: World, holdings: HoldingsCheck) {
    this.#world = world
    this.#holdings = holdings
  }

  arrived(arrival: Arrival): void {
    this.#newest = arrival.number
    const join = requestOf(arrival, consumerGroupHeartbeatApi) ?? requestOf(arrival, joinGroupApi)
    if (join !== null) this.#facts(join.groupId)
    const refusal = this.#ofCommit(arrival) ?? this.#ofBeat(arrival)
    if (refusal !== null) this.#refusals.set(arrival, refusal)
  }

  answered(arrival: Arrival, answer: unknown): void {
    this.#refused(arrival, answer)
    this.#refusals.delete(arrival)
    const beat = answerOf(arrival, answer, consumerGroupHeartbeatApi)
    const request = requestOf(arrival, consumerGroupHeartbeatApi)
    if (beat !== null && request !== null && nameOf(beat.errorCode) === 'NONE') {
      const { groupId, memberEpoch } = request
      const memberId = beat.memberId ?? request.memberId
      if (memberEpoch < 0) this.#facts(groupId).told.delete(memberId)
      else this.#told(arrival, { groupId, memberId, epoch: beat.memberEpoch, isJoin: memberEpoch === 0 })
    }
    const synced = answerOf(arrival, answer, syncGroupApi)
    const sync = requestOf(arrival, syncGroupApi)
    if (synced === null || sync === null || nameOf(synced.errorCode) !== 'NONE') return
    const { groupId, memberId, generationId: epoch } = sync
    this.#told(arrival, { groupId, memberId, epoch, isJoin: false })
  }

  lost(arrival: Arrival): void {
    this.#refusals.delete(arrival)
  }

  /** As generations: a group that is gone begins anew, and it must not be gone while its members are in the log. */
  look(): void {
    for (const [groupId, facts] of this.#groups) {
      if (this.#world.broker.shardOf(groupId) === null) continue
      const group = this.#world.group(groupId)
      if (group !== null && !group.isEmpty) {
        const epoch = group.type === 'classic' ? group.generation : group.epoch
        const what = (): string => `${groupId} is in epoch ${epoch} after ${facts.toldMax}`
        holds(epoch >= facts.toldMax || facts.mayBeGone, 'R17 epoch', what)
        continue
      }
      if (group === null) {
        const what = (): string => `${groupId} has vanished with epoch ${facts.toldMax}`
        holds(facts.mayBeGone || facts.toldMax === 0, 'R17 epoch', what)
      }
      facts.told.clear()
      facts.mayBeGone = true
      facts.goneAfter = this.#newest
    }
  }

  #told(
    arrival: Arrival,
    of: { readonly groupId: string; readonly memberId: string; readonly epoch: number; readonly isJoin: boolean }
  ): void {
    const { groupId, memberId, epoch, isJoin } = of
    const facts = this.#facts(groupId)
    const before = facts.told.get(memberId) ?? 0
    const what = (): string => `#${arrival.number} told ${memberId} of ${groupId} epoch ${epoch} after ${before}`
    holds(epoch >= before || isJoin, 'R17 epoch', what)
    if (arrival.number <= facts.goneAfter) return
    facts.told.set(memberId, epoch)
    facts.toldMax = facts.mayBeGone ? epoch : Math.max(facts.toldMax, epoch)
    facts.mayBeGone = false
  }

  #ofCommit(arrival: Arrival): Refusal | null {
    const commit = requestOf(arrival, offsetCommitApi)
    const { groupId = '', memberId = '', generationIdOrMemberEpoch: epoch = -1, topics = [] } = commit ?? {}
    if (epoch < 0) return null
    const refusals = new Map<string, string>()
    for (const { name = '', partitions } of topics) {
      for (const { partitionIndex } of partitions) {
        const partition = partitionName(name, partitionIndex)
        const owner = this.#holdings.otherOwner(groupId, memberId, partition)
        const since = this.#holdings.heldSince(groupId, memberId, partition) ?? epoch
        if (owner !== null) refusals.set(partition, `${owner} has it`)
        else if (since > epoch) refusals.set(partition, `it has had it since epoch ${since} only`)
      }
    }
    return refusals.size === 0 ? null : refusals
  }

  #ofBeat(arrival: Arrival): Refusal | null {
    const beat = requestOf(arrival, consumerGroupHeartbeatApi)
    if (beat === null || beat.memberEpoch <= 0) return null
    const { groupId, memberId, memberEpoch } = beat
    const told = this.#groups.get(groupId)?.told.get(memberId) ?? 0
    if (memberEpoch >= told) return null
    const [word] = wordsOf(arrival, this.#world.broker.topics)
    if (word === undefined) return `it was told epoch ${told} and does not say what it owns`
    const foreign = [...word.owned].filter(each => this.#holdings.otherOwner(groupId, memberId, each) !== null)
    return foreign.length === 0 ? null : `it was told epoch ${told} and others have ${foreign.join()}`
  }

  #refused(arrival: Arrival, answer: unknown): void {
    const refusal = this.#refusals.get(arrival)
    if (refusal === undefined) return
    const what = (why: string): string =>
      `#${arrival.number} ${arrival.api.name} of ${arrival.from} counted, but ${why}`
    if (typeof refusal === 'string') {
      const { errorCode = -1 } = answer as { errorCode?: number }
      holds(nameOf(errorCode) !== 'NONE', 'R17 zombie', () => what(refusal))
      return
    }
    for (const { name = '', partitions } of answerOf(arrival, answer, offsetCommitApi)?.topics ?? []) {
      for (const { partitionIndex, errorCode } of partitions) {
        const partition = partitionName(name, partitionIndex)
        const why = refusal.get(partition)
        holds(why === undefined || nameOf(errorCode) !== 'NONE', 'R17 zombie', () => what(`${partition}: ${why}`))
      }
    }
  }

  #facts(groupId: string): GroupFacts {
    let facts = this.#groups.get(groupId)
    if (facts === undefined) {
      facts = { told: new Map(), toldMax: 0, mayBeGone: true, goneAfter: 0 }
      this.#groups.set(groupId, facts)
    }
    return facts
  }
}
