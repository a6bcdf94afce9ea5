import { heartbeatApi, joinGroupApi, offsetCommitApi, syncGroupApi } from '@streambus/protocol'
import { type Arrival, answerOf, type Check, nameOf } from '../facts.ts'
import { holds } from '../violation.ts'

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
}

const GIVES_ID: ReadonlySet<string> = new Set(['NONE', 'MEMBER_ID_REQUIRED'])
const APIS: readonly unknown[] = [joinGroupApi, syncGroupApi, heartbeatApi, offsetCommitApi]

/**
 * R17: a member id is given to one process. Static members: of two processes with one instance id only the newer one
 * is served, for whatever arrives after it was answered. Over a restart of the broker that holds once its member id is
 * in the log, as in Kafka: a JoinGroup alone writes nothing.
 */
export class FencingCheck implements Check {
  readonly #holders = new Map<string, Holder>()
  /** Member ids in the order in which they were answered. */
  readonly #ranks = new Map<string, number>()
  readonly #claims = new Map<Arrival, Claim>()
  /** Which process was given a member id. */
  readonly #processOf = new Map<string, string>()

  arrived(arrival: Arrival): void {
    if (!APIS.includes(arrival.api)) return
    const { groupId, memberId, groupInstanceId } = arrival.body as Body
    if (groupInstanceId == null) return
    const instance = `${groupId}/${groupInstanceId}`
    const holder = this.#holders.get(instance)
    const rank = this.#ranks.get(memberId)
    const isOlder = holder !== undefined && rank !== undefined && rank < (this.#ranks.get(holder.memberId) ?? 0)
    const fencedBy = isOlder && (holder.isStored || holder.boot === arrival.boot) ? holder.memberId : null
    this.#claims.set(arrival, { instance, memberId, fencedBy })
  }

  answered(arrival: Arrival, answer: unknown): void {
    const given = answerOf(arrival, answer, joinGroupApi)
    if (given !== null && GIVES_ID.has(nameOf(given.errorCode))) this.#given(arrival, given.memberId)
    const claim = this.#claims.get(arrival)
    if (claim === undefined || !isServed(arrival, answer)) return
    const { instance, memberId, fencedBy } = claim
    const what = (): string => `#${arrival.number} ${arrival.api.name} of ${memberId} was served, ${fencedBy} is newer`
    holds(fencedBy === null, 'R17 fencing', what)
    const joined = answerOf(arrival, answer, joinGroupApi)
    const holder = this.#holders.get(instance)
    if (joined !== null && holder?.memberId !== joined.memberId) {
      this.#ranks.set(joined.memberId, this.#ranks.size + 1)
      this.#holders.set(instance, { memberId: joined.memberId, boot: arrival.boot, isStored: false })
    }
    if (answerOf(arrival, answer, syncGroupApi) !== null && holder?.memberId === memberId) holder.isStored = true
    this.#claims.delete(arrival)
  }

  lost(arrival: Arrival): void {
    this.#claims.delete(arrival)
  }

  look(): void {}

  #given(arrival: Arrival, memberId: string): void {
    const process = this.#processOf.get(memberId) ?? arrival.from
    const what = (): string => `#${arrival.number} of ${arrival.from} was given ${memberId}, which ${process} has`
    holds(process === arrival.from, 'R17 identity', what)
    this.#processOf.set(memberId, process)
  }
}

function isServed(arrival: Arrival, answer: unknown): boolean {
  const [committed] = answerOf(arrival, answer, offsetCommitApi)?.topics[0]?.partitions ?? []
  const errorCode = committed?.errorCode ?? (answer as { errorCode?: number }).errorCode ?? -1
  return nameOf(errorCode) === 'NONE'
}
