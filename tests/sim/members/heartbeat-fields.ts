import type { ConsumerGroupHeartbeatRequest, Input } from '@streambus/protocol'
import type { Topics } from '../topics.ts'
import type { Subscription } from './subscription.ts'

/** Partitions, and a number that is a new one whenever they were changed, also to what they were before (Java). */
export interface LocalAssignment {
  readonly localEpoch: number
  readonly partitions: ReadonlySet<string>
}

export const NO_ASSIGNMENT: LocalAssignment = { localEpoch: -1, partitions: new Set() }

/** What a heartbeat is made of. */
export interface HeartbeatSource {
  readonly groupId: string
  readonly memberId: string
  readonly epoch: number
  readonly instanceId: string | null
  readonly rebalanceTimeoutMs: number
  readonly subscription: Subscription
  /** Null: the broker chooses. */
  readonly serverAssignor: string | null
  /** What it owns. */
  readonly current: LocalAssignment
  readonly isJoining: boolean
}

/** The fields of heartbeats: of what the broker knows already, none. After a failure it may know nothing. */
export class HeartbeatFields {
  readonly #topics: Topics
  readonly #version: number
  #names: string | null = null
  #regex: string | null = null
  #assignor: string | null = null
  #assignment: LocalAssignment | null = null
  #isTimeoutSent = false
  #hadRegex = false

  constructor(topics: Topics, version: number) {
    this.#topics = topics
    this.#version = version
  }

  /** The next request is a full one. */
  reset(): void {
    this.#names = null
    this.#regex = null
    this.#assignor = null
    this.#assignment = null
    this.#isTimeoutSent = false
  }

  next(source: HeartbeatSource): Input<ConsumerGroupHeartbeatRequest> {
    if (source.isJoining) this.reset()
    const { subscription, serverAssignor, rebalanceTimeoutMs, current } = source
    const names = subscription.names.join()
    const { regex } = subscription
    const isNewRegex = regex !== this.#regex && (regex !== '' || this.#hadRegex)
    const isNewAssignment = current.localEpoch !== this.#assignment?.localEpoch
    const body = {
      groupId: source.groupId,
      memberId: source.memberId,
      memberEpoch: source.epoch,
      instanceId: source.instanceId,
      ...(this.#isTimeoutSent ? {} : { rebalanceTimeoutMs }),
      ...(names === this.#names ? {} : { subscribedTopicNames: [...subscription.names] }),
      ...(this.#version >= 1 && isNewRegex ? { subscribedTopicRegex: regex } : {}),
      ...(serverAssignor === this.#assignor ? {} : { serverAssignor }),
      ...(isNewAssignment ? { topicPartitions: this.#topics.toWire(current.partitions) } : {})
    }
    this.#isTimeoutSent = true
    this.#names = names
    this.#regex = regex
    this.#hadRegex ||= regex !== ''
    this.#assignor = serverAssignor
    this.#assignment = current
    return body
  }
}
