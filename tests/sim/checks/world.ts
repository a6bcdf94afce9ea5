import type { SimBroker } from '../sim-broker.ts'
import type { Timeline } from '../timeline.ts'

/** What the checks may look at beside requests and answers. */
export class World {
  readonly timeline: Timeline
  readonly broker: SimBroker
  readonly topic: string
  readonly #retentionMs: number
  /** When a group was last seen with members that are in its log; if it never was, when it first had some. */
  readonly #memberMs = new Map<string, number>()
  readonly #groupIds: readonly string[]

  constructor(of: {
    readonly timeline: Timeline
    readonly broker: SimBroker
    readonly topic: string
    readonly retentionMs: number
    readonly groupIds: readonly string[]
  }) {
    this.timeline = of.timeline
    this.broker = of.broker
    this.topic = of.topic
    this.#retentionMs = of.retentionMs
    this.#groupIds = of.groupIds
  }

  /** After each event, before the checks look. */
  look(): void {
    for (const groupId of this.#groupIds) {
      const group = this.broker.shardOf(groupId)?.find(groupId)
      const isFirst = group?.isEmpty === false && !this.#memberMs.has(groupId)
      if (group?.state === 'Stable' || isFirst) this.#memberMs.set(groupId, this.timeline.nowMs)
    }
  }

  /**
   * Whether the broker may have thrown an offset away by now. KIP-211: it ages from when the group lost its last
   * member, also one that a tool has committed later; without members ever, from the commit.
   */
  mayHaveExpired(groupId: string, committedMs: number): boolean {
    const { nowMs } = this.timeline
    return nowMs - (this.#memberMs.get(groupId) ?? committedMs) >= this.#retentionMs
  }
}
