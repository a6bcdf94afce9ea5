import { REBALANCE_MS_MAX, SESSION_MS_MAX, type Swarm } from '../swarm.ts'
import type { Topics } from '../topics.ts'
import type { Habits, MemberActor, MemberOptions, Surroundings } from './actor.ts'
import { Migration, type Protocol } from './migration.ts'

/** Makes the process of one place. */
export type MakeMember = (options: MemberOptions, surroundings: Surroundings, protocol: Protocol) => MemberActor

interface Place {
  readonly groupId: string
  readonly instanceId: string | null
  readonly label: string
  readonly migration: Migration
  actor: MemberActor | null
  protocol: Protocol
  starts: number
  /** Nobody is started here before. */
  idleUntilMs: number
}

export interface CrewOptions {
  readonly surroundings: Surroundings
  readonly swarm: Swarm
  readonly groupIds: readonly string[]
  readonly topics: Topics
  readonly topic: string
  readonly retentionMs: number
  readonly make: MakeMember
}

/** Who hangs from then on after the trouble is missed, killed and started again before the group has to be settled. */
const HANGING_MS = 2_000

/** The processes of all groups: starts them, lets them crash, leave and stand still, and starts them again. */
export class Crew {
  readonly #options: CrewOptions
  readonly #places: Place[] = []
  /** All that were ever started. */
  readonly actors: MemberActor[] = []
  isTroubled = true
  #healedMs = Number.MAX_SAFE_INTEGER

  constructor(options: CrewOptions) {
    this.#options = options
    const { groupIds, swarm, surroundings } = options
    const random = surroundings.random.fork('places')
    for (const [number, groupId] of groupIds.entries()) {
      const kind = swarm.protocols[number] ?? 'classic'
      const migration = new Migration(kind, surroundings.random.fork(`migration of ${groupId}`), swarm)
      for (let i = 0; i < swarm.membersPerGroup; i++) {
        // A static member that is started again between the two rebalances of cooperative ones causes no second one, so
        // that nobody gets what it has given back: so it is with Kafka's coordinator, too.
        const isStatic = random.chance(0.7 * swarm.rates.static) && !migration.isCooperative
        const label = `${groupId}-m${i}`
        const instanceId = isStatic ? `i${i}` : null
        const protocol = 'classic' as const
        const place = { groupId, label, instanceId, migration, actor: null, protocol, starts: 0, idleUntilMs: 0 }
        this.#places.push(place)
      }
    }
  }

  begin(): void {
    const { timeline, random } = this.#options.surroundings
    for (const place of this.#places) {
      const own = random.fork(place.label)
      const turn = (): void => {
        if (!this.isTroubled) return
        this.#meddle(place, own)
        timeline.after(own.between(500, 4_000), turn)
      }
      timeline.after(own.between(0, 3_000), turn)
      if (place.migration.kind !== 'classic') this.#beginMigrating(place, random.fork(`migrating ${place.label}`))
    }
    if (random.fork('idle').chance(this.#options.swarm.rates['idle-group'])) {
      timeline.after(random.fork('idle at').between(5_000, 20_000), () => this.#idle())
    }
  }

  /** From now on one process runs at each place, and none that `isMisled` is left. */
  heal(isMisled: (actor: MemberActor) => boolean): void {
    this.isTroubled = false
    this.#healedMs = this.#options.surroundings.timeline.nowMs
    for (const place of this.#places) {
      const { actor, instanceId } = place
      if (actor?.isAlive === true && isMisled(actor)) actor.crash()
      for (const other of this.actors) {
        if (other !== actor && other.instanceId !== null && other.instanceId === instanceId) {
          if (other.groupId === place.groupId && other.isAlive) other.crash()
        }
      }
      if (actor?.isAlive !== true) this.#start(place)
    }
  }

  /** Who is fenced by what was still under way when the trouble ended is started again, as a supervisor does. */
  revive(): void {
    for (const place of this.#places) if (place.actor?.isAlive !== true) this.#start(place)
  }

  /** What only members of the consumer protocol go through, and restarts with another protocol. */
  #beginMigrating(place: Place, random: Surroundings['random']): void {
    const { timeline } = this.#options.surroundings
    const { rates } = this.#options.swarm
    const turn = (): void => {
      if (!this.isTroubled) return
      const isSlowPoll = random.chance(0.08 * rates['slow-poll'])
      const isNewTopics = random.chance(0.1 * rates.resubscribe)
      const isRestart = random.chance(0.4)
      const pollMs = random.between(1_000, 15_000)
      const { actor, migration, protocol } = place
      if (actor?.isAlive === true) {
        if (isRestart && protocol !== migration.at(timeline.nowMs)) actor.leave()
        else if (isSlowPoll) actor.pausePolling?.(pollMs)
        else if (isNewTopics) actor.resubscribe?.()
      }
      timeline.after(random.between(500, 4_000), turn)
    }
    timeline.after(random.between(500, 4_000), turn)
  }

  #meddle(place: Place, random: Surroundings['random']): void {
    const { rates } = this.#options.swarm
    const { nowMs } = this.#options.surroundings.timeline
    const { actor } = place
    // All are drawn each time: a kind that is switched off must not shift the others.
    const isCrash = random.chance(0.06 * rates['member-crash'])
    const isLeave = random.chance(0.06 * rates['member-leave'])
    const isStall = random.chance(0.06 * rates['member-stall'])
    const isDouble = random.chance(0.3 * rates['double-instance'])
    const isStart = random.chance(0.5)
    const stallMs = random.between(500, 2 * SESSION_MS_MAX)
    if (nowMs < place.idleUntilMs) {
      if (actor?.isAlive === true) actor.leave()
      return
    }
    if (actor?.isAlive !== true) {
      if (isStart) this.#start(place)
    } else if (isCrash) actor.crash()
    else if (isLeave) actor.leave()
    else if (isStall) actor.stall(stallMs)
    else if (isDouble && place.instanceId !== null) this.#start(place)
  }

  #start(place: Place): void {
    const { surroundings, topics, topic, make } = this.#options
    const name = `${place.label}.${++place.starts}`
    const random = surroundings.random.fork(name)
    place.protocol = place.migration.start(surroundings.timeline.nowMs, random.fork('protocol'))
    const actor = make(
      {
        name,
        groupId: place.groupId,
        instanceId: place.instanceId,
        topics,
        topic,
        isCooperative: place.migration.isCooperative,
        sessionTimeoutMs: random.between(6_000, SESSION_MS_MAX),
        rebalanceTimeoutMs: random.between(6_000, REBALANCE_MS_MAX),
        habits: () => this.#habits()
      },
      { ...surroundings, random },
      place.protocol
    )
    place.actor = actor
    this.actors.push(actor)
    actor.start()
  }

  #habits(): Habits {
    const { rates } = this.#options.swarm
    const { nowMs } = this.#options.surroundings.timeline
    return {
      oldVersion: 0.5 * rates['old-version'],
      regex: 0.5 * rates.regex,
      slowRevoke: this.isTroubled ? 0.2 * rates['slow-revoke'] : 0,
      // Somewhat longer than the rest of the trouble: then there is much to give back.
      hungRevoke: nowMs < this.#healedMs + HANGING_MS ? 0.6 * rates['hung-revoke'] : 0
    }
  }

  /** One group rests for so long that its offsets expire. */
  #idle(): void {
    const { surroundings, groupIds, retentionMs } = this.#options
    const groupId = surroundings.random.fork('idle group').pick(groupIds)
    const untilMs = surroundings.timeline.nowMs + retentionMs + 30_000
    surroundings.trace.add(`${groupId} rests until ${untilMs}`)
    for (const place of this.#places) if (place.groupId === groupId) place.idleUntilMs = untilMs
  }
}
