import {
  consumerGroupHeartbeatApi,
  heartbeatApi,
  joinGroupApi,
  offsetCommitApi,
  syncGroupApi
} from '@streambus/protocol'
import { type Arrival, answerOf, type Check, nameOf, requestOf } from '../facts.ts'
import { holds } from '../violation.ts'
import type { World } from './world.ts'

/** Who holds an instance id: the process that was answered last. */
interface Holder {
  readonly memberId: string
  /** The life of the broker that has told it. */
  readonly boot: number
  /** It has got an assignment, so its member id is in the log. */
  isStored: boolean
}

interface Claim {
  readonly instance: string
  readonly memberId: string
  /** A newer process held the instance id when this arrived. */
  readonly fencedBy: string | null
}

interface Body {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId?: string | null
  /** As ConsumerGroupHeartbeat calls it. */
  readonly instanceId?: string | null
}

const GIVES_ID: ReadonlySet<string> = new Set(['NONE', 'MEMBER_ID_REQUIRED'])
const APIS: readonly unknown[] = [joinGroupApi, syncGroupApi, heartbeatApi, offsetCommitApi, consumerGroupHeartbeatApi]

/**
 * R17: a member id is given to one process. Static members: of two processes with one instance id only the newer one
 * is served, for whatever arrives after it was answered. Over a restart of the broker that holds once its member id is
 * in the log, as in Kafka: a JoinGroup alone writes nothing.
 *
 * With the consumer protocol it is the older one that is served, until it has left or its session is over: only then
 * may another one join with its instance id (KIP-848). Members of different protocols replace each other.
 */
export class FencingCheck implements Check {
  readonly #world: World
  readonly #holders = new Map<string, Holder>()
  /** Member ids in the order in which they were answered. */
  readonly #ranks = new Map<string, number>()
  readonly #claims = new Map<Arrival, Claim>()
  /** With the consumer protocol, not answered yet: by instance id. Whether they count, nobody knows. */
  readonly #openJoins = new Map<Arrival, string>()
  /** Which process was given a member id. */
  readonly #processOf = new Map<string, string>()

  constructor(world: World) {
    this.#world = world
  }

  arrived(arrival: Arrival): void {
    if (!APIS.includes(arrival.api)) return
    const { groupId, memberId, groupInstanceId, instanceId = groupInstanceId } = arrival.body as Body
    if (instanceId == null) return
    const instance = `${groupId}/${instanceId}`
    if (isJoin(arrival)) this.#openJoins.set(arrival, instance)
    const isUnknown = [...this.#openJoins.values()].includes(instance)
    const fencedBy = isJoin(arrival)
      ? this.#ownerAgainst(arrival, instanceId)
      : isUnknown
        ? null
        : this.#newerThan(instance, { memberId, boot: arrival.boot })
    this.#claims.set(arrival, { instance, memberId, fencedBy })
  }

  answered(arrival: Arrival, answer: unknown): void {
    const given = answerOf(arrival, answer, joinGroupApi)
    if (given !== null && GIVES_ID.has(nameOf(given.errorCode))) this.#given(arrival, given.memberId)
    const beat = answerOf(arrival, answer, consumerGroupHeartbeatApi)
    if (beat !== null && nameOf(beat.errorCode) === 'NONE') this.#given(arrival, beat.memberId ?? '')
    this.#openJoins.delete(arrival)
    const claim = this.#claims.get(arrival)
    if (claim === undefined || !isServed(arrival, answer)) return
    const { instance, memberId, fencedBy } = claim
    const what = (): string => `#${arrival.number} ${arrival.api.name} of ${memberId} was served, ${fencedBy} is newer`
    holds(fencedBy === null, 'R17 fencing', what)
    const joined = isJoin(arrival) ? beat : given
    const holder = this.#holders.get(instance)
    if (joined?.memberId != null && holder?.memberId !== joined.memberId) {
      this.#ranks.set(joined.memberId, arrival.number)
      this.#holders.set(instance, { memberId: joined.memberId, boot: arrival.boot, isStored: joined === beat })
    }
    if (answerOf(arrival, answer, syncGroupApi) !== null && holder?.memberId === memberId) holder.isStored = true
    this.#claims.delete(arrival)
  }

  lost(arrival: Arrival): void {
    this.#claims.delete(arrival)
    const instance = this.#openJoins.get(arrival)
    if (instance !== undefined) this.#holders.delete(instance)
    this.#openJoins.delete(arrival)
  }

  look(): void {}

  /** The member that took the place of this one, if it is known. */
  #newerThan(instance: string, { memberId, boot }: { readonly memberId: string; readonly boot: number }) {
    const holder = this.#holders.get(instance)
    const rank = this.#ranks.get(memberId)
    const isOlder = holder !== undefined && rank !== undefined && rank < (this.#ranks.get(holder.memberId) ?? 0)
    return isOlder && (holder.isStored || holder.boot === boot) ? holder.memberId : null
  }

  /** The member of the consumer protocol that has the instance id which another one wants to join with. */
  #ownerAgainst(arrival: Arrival, instanceId: string): string | null {
    if (!isJoin(arrival)) return null
    const { groupId, memberId } = arrival.body as Body
    const group = this.#world.group(groupId)
    if (group?.type !== 'consumer') return null
    for (const owner of group.members.values()) {
      if (owner.instanceId !== instanceId || owner.memberId === memberId) continue
      if (owner.classic === null && owner.memberEpoch >= 0) return owner.memberId
    }
    return null
  }

  #given(arrival: Arrival, memberId: string): void {
    const process = this.#processOf.get(memberId) ?? arrival.from
    const what = (): string => `#${arrival.number} of ${arrival.from} was given ${memberId}, which ${process} has`
    holds(process === arrival.from, 'R17 identity', what)
    this.#processOf.set(memberId, process)
  }
}

function isJoin(arrival: Arrival): boolean {
  return requestOf(arrival, consumerGroupHeartbeatApi)?.memberEpoch === 0
}

function isServed(arrival: Arrival, answer: unknown): boolean {
  const [committed] = answerOf(arrival, answer, offsetCommitApi)?.topics[0]?.partitions ?? []
  const errorCode = committed?.errorCode ?? (answer as { errorCode?: number }).errorCode ?? -1
  return nameOf(errorCode) === 'NONE'
}
