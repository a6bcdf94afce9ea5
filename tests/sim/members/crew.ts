import type { Swarm } from '../swarm.ts'
import type { MemberActor, MemberOptions, Surroundings } from './actor.ts'

/** Makes the process of one place: which protocol it speaks, and how well. */
export type MakeMember = (options: MemberOptions, surroundings: Surroundings) => MemberActor

interface Place {
  readonly groupId: string
  readonly instanceId: string | null
  readonly label: string
  actor: MemberActor | null
  starts: number
  /** Nobody is started here before. */
  idleUntilMs: number
}

export interface CrewOptions {
  readonly surroundings: Surroundings
  readonly swarm: Swarm
  readonly groupIds: readonly string[]
  readonly topic: string
  readonly retentionMs: number
  readonly make: MakeMember
}

export const SESSION_MS_MAX = 10_000
export const REBALANCE_MS_MAX = 12_000

/** The processes of all groups: starts them, lets them crash, leave and stand still, and starts them again. */
export class Crew {
  readonly #options: CrewOptions
  readonly #places: Place[] = []
  /** All that were ever started. */
  readonly actors: MemberActor[] = []
  isTroubled = true

  constructor(options: CrewOptions) {
    this.#options = options
    const { groupIds, swarm, surroundings } = options
    const random = surroundings.random.fork('places')
    for (const groupId of groupIds) {
      for (let i = 0; i < swarm.membersPerGroup; i++) {
        const isStatic = random.chance(0.7 * swarm.rates.static)
        const label = `${groupId}-m${i}`
        const instanceId = isStatic ? `i${i}` : null
        this.#places.push({ groupId, label, instanceId, actor: null, starts: 0, idleUntilMs: 0 })
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
    }
    if (random.fork('idle').chance(this.#options.swarm.rates['idle-group'])) {
      timeline.after(random.fork('idle at').between(5_000, 20_000), () => this.#idle())
    }
  }

  /** From now on one process runs at each place. */
  heal(): void {
    this.isTroubled = false
    for (const place of this.#places) {
      const { actor, instanceId } = place
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
    const { surroundings, swarm, topic, make } = this.#options
    const name = `${place.label}.${++place.starts}`
    const random = surroundings.random.fork(name)
    const actor = make(
      {
        name,
        groupId: place.groupId,
        instanceId: place.instanceId,
        topic,
        partitionCount: swarm.partitionCount,
        sessionTimeoutMs: random.between(6_000, SESSION_MS_MAX),
        rebalanceTimeoutMs: random.between(6_000, REBALANCE_MS_MAX)
      },
      { ...surroundings, random }
    )
    place.actor = actor
    this.actors.push(actor)
    actor.start()
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
