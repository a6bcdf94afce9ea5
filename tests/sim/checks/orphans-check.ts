import { offsetCommitApi } from '@streambus/protocol'
import { type Arrival, type Check, requestOf } from '../facts.ts'
import { PASSING_GROUPS, PASSING_TOPIC } from '../passing-topic.ts'
import { holds } from '../violation.ts'
import type { World } from './world.ts'

/**
 * R16 orphan. A broker that has deleted a topic holds no offset that was committed for it before, also when it was
 * reading its log then; where a disk may refuse the tombstones, from when it does not any more. What a broker that has
 * ended since had deleted may be back: as in Kafka it expires with its group.
 */
export class OrphansCheck implements Check {
  readonly #world: World
  /** Nothing refuses a tombstone. */
  readonly #isStrict: boolean
  /** By the text of a commit: when it arrived last. */
  readonly #arrivals = new Map<string, number>()
  #position = 0
  #wasThere = false
  #boot = 0
  /** What arrived before that is gone, while the same broker lives; 0: nothing. */
  #gone = 0

  constructor(world: World, isStrict: boolean) {
    this.#world = world
    this.#isStrict = isStrict
  }

  arrived(arrival: Arrival): void {
    for (const { name, partitions } of requestOf(arrival, offsetCommitApi)?.topics ?? []) {
      if (name !== PASSING_TOPIC) continue
      for (const { committedMetadata } of partitions) this.#arrivals.set(committedMetadata ?? '', ++this.#position)
    }
  }

  answered(): void {}

  look(): void {
    const { broker } = this.#world
    if (!broker.isUp) return
    const isThere = broker.hasTopic(PASSING_TOPIC)
    if (broker.boot !== this.#boot) this.#gone = 0
    else if (this.#wasThere && !isThere) this.#gone = ++this.#position
    this.#boot = broker.boot
    this.#wasThere = isThere
    if (this.#isStrict) this.compare()
  }

  /** Throws Violation. */
  compare(): void {
    for (const groupId of PASSING_GROUPS) {
      const offsets = this.#world.broker.shardOf(groupId)?.store.of(groupId).get(PASSING_TOPIC)
      for (const [partition, { metadata }] of offsets ?? []) {
        const what = (): string => `${groupId} has '${metadata}' for ${PASSING_TOPIC}-${partition}, which was deleted`
        holds((this.#arrivals.get(metadata) ?? 0) >= this.#gone, 'R16 orphan', what)
      }
    }
  }
}
