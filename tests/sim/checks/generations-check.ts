import { heartbeatApi, type JoinGroupResponse, joinGroupApi, offsetCommitApi, syncGroupApi } from '@streambus/protocol'
import { type Arrival, answerOf, type Check, nameOf, requestOf } from '../facts.ts'
import { assignedTo } from '../members/assignment.ts'
import { holds } from '../violation.ts'
import type { World } from './world.ts'

/** Members as their leader was told of them; before version 5 without their instance ids. */
type Members = JoinGroupResponse['members']

/** A generation as the members of one life of the broker were told of it. */
interface Told {
  /** Null: the leader was not answered, so nobody knows. */
  listed: Members | null
  /** Who was answered: instance ids or member ids. */
  readonly joined: Set<string>
}

/** A generation that somebody got his assignment in: it is in the log. */
interface Stored {
  readonly listed: Members | null
  readonly ownerOf: Map<number, string>
  readonly shareOf: Map<string, string>
}

interface GroupFacts {
  /** Of this life of the broker, by generation. */
  told: Map<number, Told>
  toldBoot: number
  toldMax: number
  /** By generation, over all lives. */
  stored: Map<number, Stored>
  storedMax: number
  /** The group was seen without members since the last assignment was answered, so it may be gone. */
  mayBeGone: boolean
}

/**
 * R17. Within a generation no partition has two owners; whoever is answered with a generation is in it; generations
 * never go back; nobody's heartbeat or commit counts in a generation that is over.
 *
 * What Kafka guarantees about generation numbers, and so do we: a generation is written to the log only with the
 * leader's assignment, before any SyncGroup of it is answered. From then on it is never used for other members, unless
 * the group is deleted (it then begins anew at 1). Answers to JoinGroup alone promise nothing: when the coordinator
 * dies before the assignment is stored, the next one may give the same number to other members. So members are
 * compared within a life of the broker, and over lives only for stored generations.
 *
 * Only of groups that nobody joins with the consumer protocol: there each member has an epoch of its own, and gets its
 * partitions one after the other within it. What holds for them is in EpochsCheck and HoldingsCheck.
 */
export class GenerationsCheck implements Check {
  readonly #world: World
  /** Those that are never anything else. */
  readonly #classicIds: ReadonlySet<string>
  readonly #groups = new Map<string, GroupFacts>()
  /** Who a member id is: static members keep their name over restarts. */
  readonly #whoIs = new Map<string, string>()
  /** Of heartbeats and commits: the generation that was the newest when they arrived. */
  readonly #newestAt = new Map<Arrival, number>()

  constructor(world: World, classicIds: ReadonlySet<string>) {
    this.#world = world
    this.#classicIds = classicIds
  }

  arrived(arrival: Arrival): void {
    const request = requestOf(arrival, heartbeatApi) ?? requestOf(arrival, offsetCommitApi)
    if (request === null || !this.#classicIds.has(request.groupId)) return
    const { toldMax, storedMax } = this.#facts(request.groupId, arrival.boot)
    this.#newestAt.set(arrival, Math.max(toldMax, storedMax))
  }

  answered(arrival: Arrival, answer: unknown): void {
    if (!this.#classicIds.has((arrival.body as { groupId?: string }).groupId ?? '')) return
    const joined = answerOf(arrival, answer, joinGroupApi)
    if (joined !== null && nameOf(joined.errorCode) === 'NONE') this.#joined(arrival, joined)
    const synced = answerOf(arrival, answer, syncGroupApi)
    if (synced !== null && nameOf(synced.errorCode) === 'NONE') this.#synced(arrival, synced.assignment)
    const beat = answerOf(arrival, answer, heartbeatApi)
    if (beat !== null && nameOf(beat.errorCode) === 'NONE') this.#worked(arrival, requestOf(arrival, heartbeatApi))
    const [committed] = answerOf(arrival, answer, offsetCommitApi)?.topics[0]?.partitions ?? []
    if (committed !== undefined && nameOf(committed.errorCode) === 'NONE') {
      const request = requestOf(arrival, offsetCommitApi)
      const generationId = request?.generationIdOrMemberEpoch ?? -1
      if (request !== null && generationId >= 0) this.#worked(arrival, { ...request, generationId })
    }
    this.#newestAt.delete(arrival)
  }

  lost(arrival: Arrival): void {
    this.#newestAt.delete(arrival)
  }

  /** A group that is gone begins anew; it must not be gone while its members are in the log. */
  look(): void {
    for (const [groupId, facts] of this.#groups) {
      const shard = this.#world.broker.shardOf(groupId)
      if (shard === null) continue
      const group = this.#world.group(groupId)
      if (group?.type === 'classic' && !group.isEmpty) {
        const what = (): string => `${groupId} is at generation ${group.generation} after ${facts.storedMax}`
        holds(group.generation >= facts.storedMax || facts.mayBeGone, 'R17 generation', what)
        continue
      }
      if (group === null && Math.max(facts.storedMax, facts.toldMax) > 0) {
        const isRight = facts.mayBeGone || facts.storedMax === 0
        holds(isRight, 'R17 generation', () => `${groupId} has vanished with generation ${facts.storedMax}`)
        this.#groups.set(groupId, newFacts(this.#world.broker.boot))
      }
      facts.mayBeGone = true
    }
  }

  #joined(arrival: Arrival, { generationId, memberId, members, leader, skipAssignment }: JoinGroupResponse): void {
    const request = requestOf(arrival, joinGroupApi)
    const groupId = request?.groupId ?? ''
    const facts = this.#facts(groupId, arrival.boot)
    const who = request?.groupInstanceId ?? memberId
    this.#whoIs.set(memberId, who)
    const name = `#${arrival.number} (${who}), generation ${generationId} of ${groupId},`
    const newest = Math.max(facts.toldMax, facts.storedMax)
    holds(generationId >= newest, 'R17 generation', () => `${name} came after ${newest}`)
    facts.toldMax = generationId
    const told = facts.told.get(generationId) ?? { listed: null, joined: new Set<string>() }
    facts.told.set(generationId, told)
    told.joined.add(who)
    if (leader === memberId && (members.length > 0 || skipAssignment)) {
      const before = told.listed ?? facts.stored.get(generationId)?.listed ?? null
      const isUnchanged = before === null || isSame(this.#who(before), this.#who(members))
      holds(isUnchanged, 'R17 members', () => `${name} has other members than before`)
      told.listed = members
    }
    const listed = told.listed ?? facts.stored.get(generationId)?.listed ?? null
    if (listed === null) return
    const all = this.#who(listed)
    for (const each of told.joined) holds(all.has(each), 'R17 members', () => `${name} was not listed for ${each}`)
  }

  #synced(arrival: Arrival, assignment: Buffer): void {
    const request = requestOf(arrival, syncGroupApi)
    if (request === null) return
    const { groupId, generationId, memberId } = request
    const facts = this.#facts(groupId, arrival.boot)
    const who = this.#whoIs.get(memberId) ?? memberId
    const name = `#${arrival.number} (${who}), generation ${generationId} of ${groupId},`
    holds(generationId >= facts.storedMax, 'R17 generation', () => `${name} came after ${facts.storedMax}`)
    const listed = facts.told.get(generationId)?.listed ?? facts.stored.get(generationId)?.listed ?? null
    holds(
      listed === null || this.#who(listed).has(who),
      'R17 members',
      () => `${name} was assigned to and is not in it`
    )
    const stored = facts.stored.get(generationId) ?? { listed, ownerOf: new Map(), shareOf: new Map() }
    facts.stored.set(generationId, stored)
    facts.storedMax = generationId
    facts.mayBeGone = false
    const partitions = assignedTo(assignment)
    const share = partitions.join()
    const before = stored.shareOf.get(who) ?? share
    holds(share === before, 'R17 owner', () => `${name} has [${share}] and had [${before}]`)
    stored.shareOf.set(who, share)
    for (const partition of partitions) {
      const owner = stored.ownerOf.get(partition) ?? who
      holds(owner === who, 'R17 owner', () => `${name} got partition ${partition}, which ${owner} has`)
      stored.ownerOf.set(partition, who)
    }
  }

  #worked(
    arrival: Arrival,
    request: { readonly groupId: string; readonly generationId: number; readonly memberId: string } | null
  ): void {
    if (request === null) return
    const { groupId, generationId } = request
    const newest = this.#newestAt.get(arrival) ?? 0
    const what = (): string =>
      `#${arrival.number} ${arrival.api.name} counted in generation ${generationId} of ${groupId}, which has ${newest}`
    holds(generationId >= newest, 'R17 zombie', what)
  }

  #who(members: Members): ReadonlySet<string> {
    return new Set(members.map(each => this.#whoIs.get(each.memberId) ?? each.groupInstanceId ?? each.memberId))
  }

  #facts(groupId: string, boot: number): GroupFacts {
    let facts = this.#groups.get(groupId)
    if (facts === undefined) this.#groups.set(groupId, (facts = newFacts(boot)))
    if (facts.toldBoot !== boot) {
      facts.told = new Map()
      facts.toldMax = 0
      facts.toldBoot = boot
    }
    return facts
  }
}

function newFacts(boot: number): GroupFacts {
  return { told: new Map(), toldBoot: boot, toldMax: 0, stored: new Map(), storedMax: 0, mayBeGone: true }
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every(each => b.has(each))
}
