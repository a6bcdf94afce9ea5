import { consumerGroupHeartbeatApi, leaveGroupApi } from '@streambus/protocol'
import { type Arrival, answerOf, type Check, nameOf, requestOf } from '../facts.ts'
import type { MemberActor } from '../members/actor.ts'
import { holds } from '../violation.ts'
import { type Grant, grantOf, wordsOf } from './words.ts'
import type { World } from './world.ts'

/**
 * How a member has lost a partition. Own: it has said so. Stale: a request said so which came after newer ones of the
 * same member. Removed: it was no member any more when another one got the partition, or it is a static one of a
 * classic group and was late.
 */
type Loss = 'own' | 'stale' | 'removed'

interface Hold {
  /** The first epoch or generation in which it was told since somebody else had it. */
  readonly sinceEpoch: number
  /** Requests that give it up and of which nobody knows, or not yet, whether they counted. */
  readonly doubts: Map<Arrival, Loss>
}

interface Holder {
  /** Of what has arrived from it, the newest. */
  newestSending: number
  readonly held: Map<string, Hold>
  readonly lost: Map<string, Loss>
}

interface OpenWord {
  readonly holder: Holder
  readonly owned: ReadonlySet<string>
  readonly loss: Loss
}

const NOTHING: ReadonlySet<string> = new Set()

/** What was asked for may have been done although the answer says otherwise. */
const UNKNOWN_ENDS: ReadonlySet<string> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'REBALANCE_IN_PROGRESS'
])

/**
 * R17, for groups of any protocol: a partition has one owner at a time.
 *
 * The broker's part ('R17 owner'): a member holds a partition from the answer that gives it until a request is served
 * that no longer lists it, or it is no member any more. Nobody else is given it meanwhile, over restarts as well.
 *
 * Seen from the members ('R17 use'): no two processes work on a partition at once. There are three exceptions, none of
 * which a coordinator can help. A process that was removed, because its session or its time to give something back was
 * over, works on what it had until it hears of it. A client whose application has not asked for records for too long
 * (max.poll.interval.ms) leaves while that application may still be at work. And the protocol takes the requests of a
 * member in the order in which they come (KIP-848), so that one which arrives after newer ones speaks for a member that
 * has other partitions by now. In all three cases EpochsCheck sees to it that the commits of the former owner are
 * refused.
 */
export class HoldingsCheck implements Check {
  readonly #world: World
  readonly #actors: () => readonly MemberActor[]
  readonly #groups = new Map<string, Map<string, Holder>>()
  /** By group and partition: who was given it last. */
  readonly #last = new Map<string, { readonly memberId: string; readonly sinceEpoch: number }>()
  readonly #open = new Map<Arrival, OpenWord[]>()
  readonly #staleBeats = new Set<Arrival>()
  /** Member ids of the consumer protocol for which an old heartbeat was served. */
  readonly #misled = new Set<string>()

  constructor(world: World, actors: () => readonly MemberActor[]) {
    this.#world = world
    this.#actors = actors
  }

  /**
   * Whether a heartbeat that came after newer ones was served in its name since it has joined. Then its broker may have
   * told it something that it will never hear of, and it may wait for ever, with Kafka's coordinator as with this one.
   */
  isMisled(memberId: string): boolean {
    return this.#misled.has(memberId)
  }

  /** Since which epoch the member holds the partition for certain; null: it does not, or nobody knows. */
  heldSince(groupId: string, memberId: string, partition: string): number | null {
    const hold = this.#groups.get(groupId)?.get(memberId)?.held.get(partition)
    return hold === undefined || hold.doubts.size > 0 ? null : hold.sinceEpoch
  }

  /** Another member that holds the partition for certain, and is in the group. */
  otherOwner(groupId: string, memberId: string, partition: string): string | null {
    for (const other of this.#groups.get(groupId)?.keys() ?? []) {
      if (other === memberId || this.heldSince(groupId, other, partition) === null) continue
      if (this.#world.isMember(groupId, other)) return other
    }
    return null
  }

  arrived(arrival: Arrival): void {
    const words = wordsOf(arrival, this.#world.broker.topics)
    const beat = requestOf(arrival, consumerGroupHeartbeatApi)
    if (beat !== null && beat.memberId !== '') {
      const holder = this.#holder(beat.groupId, beat.memberId)
      if (arrival.sending <= holder.newestSending) this.#staleBeats.add(arrival)
    }
    const open: OpenWord[] = []
    for (const { groupId, memberId, owned: said } of words) {
      if (memberId === '') continue
      const holder = this.#holder(groupId, memberId)
      // What somebody claims who was removed meanwhile (KIP-429) is not his any more.
      const isMember = this.#world.isMember(groupId, memberId)
      const owned = isMember ? said : NOTHING
      const own = isMember ? 'own' : 'removed'
      const loss = arrival.sending <= holder.newestSending ? 'stale' : own
      for (const [partition, { doubts }] of holder.held) if (!owned.has(partition)) doubts.set(arrival, loss)
      open.push({ holder, owned, loss })
    }
    if (open.length > 0) this.#open.set(arrival, open)
    const senders = beat === null ? words : [beat]
    for (const { groupId, memberId } of senders) {
      if (memberId === '') continue
      const holder = this.#holder(groupId, memberId)
      holder.newestSending = Math.max(holder.newestSending, arrival.sending)
    }
  }

  answered(arrival: Arrival, answer: unknown): void {
    this.#settle(arrival, answer)
    this.#mislead(arrival, answer)
    const grant = grantOf(arrival, answer, this.#world.broker.topics)
    if (grant !== null) this.#granted(arrival, grant)
  }

  /** Whether it counted, nobody will ever know. */
  lost(arrival: Arrival): void {
    this.#open.delete(arrival)
    this.#staleBeats.delete(arrival)
  }

  look(): void {
    const users = new Map<string, MemberActor[]>()
    for (const actor of this.#actors()) {
      if (!actor.isAlive) continue
      for (const partition of actor.belief.partitions) {
        const key = `${actor.groupId}/${partition}`
        const before = users.get(key)
        if (before === undefined) users.set(key, [actor])
        else before.push(actor)
      }
    }
    for (const [key, actors] of users) {
      if (actors.length < 2) continue
      const partition = key.slice(key.indexOf('/') + 1)
      const guilty = actors.filter(actor => !this.#isExcused(actor, partition))
      const what = (): string =>
        `${key} is used by ${guilty.map(({ name, belief }) => `${name} (epoch ${belief.epoch})`).join(' and ')}`
      holds(guilty.length < 2, 'R17 use', what)
    }
  }

  /** It has left, was removed, or an old request has spoken for it. While the broker is away nobody can tell. */
  #isExcused({ groupId, belief: { memberId, epoch } }: MemberActor, partition: string): boolean {
    if (epoch < 0) return true
    if (this.#world.broker.shardOf(groupId) === null || !this.#world.isMember(groupId, memberId)) return true
    const holder = this.#groups.get(groupId)?.get(memberId)
    const hold = holder?.held.get(partition)
    if (hold !== undefined) return [...hold.doubts.values()].includes('stale')
    return holder?.lost.get(partition) === 'stale' || holder?.lost.get(partition) === 'removed'
  }

  #settle(arrival: Arrival, answer: unknown): void {
    const error = nameOf(errorOf(arrival, answer))
    for (const { holder, loss } of this.#open.get(arrival) ?? []) {
      for (const [partition, { doubts }] of holder.held) {
        if (!doubts.has(arrival)) continue
        if (error === 'NONE') lose(holder, partition, loss)
        else if (!UNKNOWN_ENDS.has(error)) doubts.delete(arrival)
      }
    }
    this.#open.delete(arrival)
  }

  #mislead(arrival: Arrival, answer: unknown): void {
    const beat = answerOf(arrival, answer, consumerGroupHeartbeatApi)
    const request = requestOf(arrival, consumerGroupHeartbeatApi)
    if (beat === null || request === null) return
    const isStale = this.#staleBeats.delete(arrival)
    const memberId = beat.memberId ?? request.memberId
    if (nameOf(beat.errorCode) !== 'NONE') return
    if (isStale) this.#misled.add(memberId)
    else if (request.memberEpoch === 0) this.#misled.delete(memberId)
  }

  #granted(arrival: Arrival, { groupId, memberId, epoch, partitions }: Grant): void {
    const holder = this.#holder(groupId, memberId)
    for (const partition of partitions) {
      for (const [otherId, other] of this.#groups.get(groupId) ?? []) {
        const hold = other.held.get(partition)
        if (other === holder || hold === undefined) continue
        if (!this.#mayKeep(groupId, otherId)) lose(other, partition, 'removed')
        else {
          const [loss] = hold.doubts.values()
          const what = (): string =>
            `#${arrival.number} gave ${partition} of ${groupId} to ${memberId} in epoch ${epoch}, ${otherId} has it`
          holds(loss !== undefined, 'R17 owner', what)
          lose(other, partition, [...hold.doubts.values()].includes('stale') ? 'stale' : loss)
        }
      }
      const last = this.#last.get(`${groupId}/${partition}`)
      const sinceEpoch = last?.memberId === memberId ? Math.min(last.sinceEpoch, epoch) : epoch
      this.#last.set(`${groupId}/${partition}`, { memberId, sinceEpoch })
      holder.held.set(partition, { sinceEpoch, doubts: this.#doubtsAfter(arrival, holder, partition) })
      holder.lost.delete(partition)
    }
  }

  /** In a classic group a static member that does not join in time keeps its place, but nothing else (KIP-345). */
  #mayKeep(groupId: string, memberId: string): boolean {
    const group = this.#world.group(groupId)
    const member = group?.members.get(memberId)
    return member !== undefined && (group?.type === 'consumer' || member.instanceId === null)
  }

  /** Requests that came after the one that gave the partition, and may have been decided before it was answered. */
  #doubtsAfter(grant: Arrival, holder: Holder, partition: string): Map<Arrival, Loss> {
    const doubts = new Map<Arrival, Loss>()
    for (const [arrival, words] of this.#open) {
      if (arrival.number <= grant.number) continue
      for (const word of words) {
        if (word.holder === holder && !word.owned.has(partition)) doubts.set(arrival, word.loss)
      }
    }
    return doubts
  }

  #holder(groupId: string, memberId: string): Holder {
    let group = this.#groups.get(groupId)
    if (group === undefined) this.#groups.set(groupId, (group = new Map()))
    let holder = group.get(memberId)
    if (holder === undefined) group.set(memberId, (holder = newHolder()))
    return holder
  }
}

function newHolder(): Holder {
  return { newestSending: 0, held: new Map(), lost: new Map() }
}

function lose(holder: Holder, partition: string, loss: Loss): void {
  holder.held.delete(partition)
  holder.lost.set(partition, loss)
}

/** LeaveGroup has an error of its own for each member; all of them leave one by one here. */
function errorOf(arrival: Arrival, answer: unknown): number {
  const left = answerOf(arrival, answer, leaveGroupApi)
  const [member] = left?.members ?? []
  return member?.errorCode || (answer as { errorCode?: number }).errorCode || 0
}
