import type { AnyGroup } from '../broker-parts.ts'
import type { SimBroker } from '../sim-broker.ts'
import type { Timeline } from '../timeline.ts'
import { splitPartition } from '../topics.ts'

/** What the checks may look at beside requests and answers. */
export class World {
  readonly timeline: Timeline
  readonly broker: SimBroker
  readonly #retentionMs: number
  /** When a group was last seen with members that are in its log; if it never was, when it first had some. */
  readonly #memberMs = new Map<string, number>()
  /** By group and topic: when nobody wanted the topic, and nothing says since when. */
  readonly #unwantedMs = new Map<string, number>()
  readonly #groupIds: readonly string[]

  constructor(of: {
    readonly timeline: Timeline
    readonly broker: SimBroker
    readonly retentionMs: number
    readonly groupIds: readonly string[]
  }) {
    this.timeline = of.timeline
    this.broker = of.broker
    this.#retentionMs = of.retentionMs
    this.#groupIds = of.groupIds
  }

  /** The group as the broker has it in memory, committed or not. Null: it has none, or is not there. */
  group(groupId: string): AnyGroup | null {
    return this.broker.shardOf(groupId)?.find(groupId) ?? null
  }

  /** Whether the broker has it in memory, committed or not. */
  isMember(groupId: string, memberId: string): boolean {
    return this.group(groupId)?.members.has(memberId) ?? false
  }

  /** After each event, before the checks look. */
  look(): void {
    const { nowMs } = this.timeline
    for (const groupId of this.#groupIds) {
      if (this.broker.shardOf(groupId) === null) continue
      const group = this.group(groupId)
      const isStored = group?.type === 'consumer' || group?.state === 'Stable'
      if (group?.isEmpty === false && (isStored || !this.#memberMs.has(groupId))) this.#memberMs.set(groupId, nowMs)
      // Who takes the last offset of a group away takes the group away with it.
      if (group !== null && !isStored) continue
      for (const topic of this.broker.topics.names) {
        if (group?.isSubscribedTo(topic) !== true) this.#unwantedMs.set(`${groupId}/${topic}`, nowMs)
      }
    }
  }

  /**
   * Whether the broker may have thrown an offset away by now. KIP-211: it ages from when the group lost its last
   * member, also one that a tool has committed later. It ages from the commit where there never were members, while
   * none of them wants the topic, and in groups of the consumer protocol: their records do not say since when they are
   * empty.
   */
  mayHaveExpired(of: { readonly groupId: string; readonly partition: string }, committedMs: number): boolean {
    const { nowMs } = this.timeline
    const { topic } = splitPartition(of.partition)
    const unwantedMs = this.#unwantedMs.get(`${of.groupId}/${topic}`) ?? 0
    if (unwantedMs - committedMs >= this.#retentionMs) return true
    return nowMs - (this.#memberMs.get(of.groupId) ?? committedMs) >= this.#retentionMs
  }
}
