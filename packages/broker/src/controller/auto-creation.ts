import { Errors } from '@streambus/protocol'
import type { CreatedTopic, NewTopic } from './controller.ts'
import { nameProblem } from './topic-names.ts'

/** So many topics may come at once, and so many more each second: a client with a bug must not fill the broker. */
const BURST_MAX = 1_000
const PER_SECOND = 100

export interface AutoCreationOptions {
  readonly exists: (name: string) => boolean
  readonly create: (topics: readonly NewTopic[]) => Promise<readonly CreatedTopic[]>
  readonly monotonicMs: () => number
}

/** Topics that come into being because a client asked for them. Concurrent wishes for one name become one creation. */
export class AutoCreation {
  readonly #options: AutoCreationOptions
  readonly #underWay = new Map<string, Promise<number>>()
  #allowance = BURST_MAX
  #lastMs: number

  constructor(options: AutoCreationOptions) {
    this.#options = options
    this.#lastMs = options.monotonicMs()
  }

  /**
   * Errors by name; what is not in it exists now. Names beyond the rate are answered with UNKNOWN_TOPIC_OR_PARTITION,
   * which clients try again.
   */
  async ensure(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const errors = new Map<string, number>()
    const waits = new Map<string, Promise<number>>()
    const wishes: string[] = []
    for (const name of new Set(names)) {
      const underWay = this.#underWay.get(name)
      if (nameProblem(name) !== null) errors.set(name, Errors.INVALID_TOPIC_EXCEPTION.code)
      else if (underWay !== undefined) waits.set(name, underWay)
      else if (!this.#options.exists(name)) wishes.push(name)
    }
    const allowedCount = this.#take(wishes.length)
    for (const name of wishes.slice(allowedCount)) errors.set(name, Errors.UNKNOWN_TOPIC_OR_PARTITION.code)
    for (const [name, creation] of this.#create(wishes.slice(0, allowedCount))) waits.set(name, creation)
    await Promise.all(
      [...waits].map(async ([name, creation]) => {
        const errorCode = await creation
        const isThere = errorCode === Errors.NONE.code || errorCode === Errors.TOPIC_ALREADY_EXISTS.code
        if (!isThere) errors.set(name, errorCode)
      })
    )
    return errors
  }

  /** One command for all of them, so that they share a sync. */
  #create(names: readonly string[]): ReadonlyMap<string, Promise<number>> {
    const creations = new Map<string, Promise<number>>()
    if (names.length === 0) return creations
    const topics = names.map(name => {
      return { name, partitionCount: -1, replicationFactor: -1, assignments: null, configs: new Map<string, string>() }
    })
    const answers = this.#options.create(topics)
    for (const [i, name] of names.entries()) {
      const creation = this.#errorCodeOf(name, answers, i)
      this.#underWay.set(name, creation)
      creations.set(name, creation)
    }
    return creations
  }

  async #errorCodeOf(name: string, answers: Promise<readonly CreatedTopic[]>, index: number): Promise<number> {
    try {
      return ((await answers)[index] as CreatedTopic).errorCode
    } finally {
      this.#underWay.delete(name)
    }
  }

  /** Takes up to `count` from the allowance; returns how many there were. */
  #take(count: number): number {
    const nowMs = this.#options.monotonicMs()
    this.#allowance = Math.min(this.#allowance + ((nowMs - this.#lastMs) * PER_SECOND) / 1_000, BURST_MAX)
    this.#lastMs = nowMs
    const taken = Math.min(count, Math.floor(this.#allowance))
    this.#allowance -= taken
    return taken
  }
}
