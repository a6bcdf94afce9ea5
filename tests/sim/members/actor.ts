import type { Network } from '../network.ts'
import type { Random } from '../random.ts'
import type { Timeline } from '../timeline.ts'
import type { Topics } from '../topics.ts'
import type { Trace } from '../trace.ts'

/** What a member believes of itself. */
export interface Belief {
  /** Generation of a classic member, member epoch of the others; −1 or 0: in no group. */
  readonly epoch: number
  readonly memberId: string
  /** It has its share and works on it. */
  readonly isSettled: boolean
  /** What it works on at this moment, and may commit. */
  readonly partitions: readonly string[]
  /** The topics that it wants. */
  readonly topics: readonly string[]
}

/**
 * A group member of any protocol: one process of a client. It acts by itself once started; the methods are what
 * happens to it. Everything it does goes through the network, its chance and the time of its surroundings.
 */
export interface MemberActor {
  readonly name: string
  readonly groupId: string
  /** Null: dynamic. */
  readonly instanceId: string | null
  /** False once it has crashed, left, or was told that it cannot go on. */
  readonly isAlive: boolean
  readonly belief: Belief
  start(): void
  /** It ends without a word; what it has sent is still under way. */
  crash(): void
  /** It says good-bye and ends, perhaps only after a while. */
  leave(): void
  /** It stands still, as in a long garbage collection, and then goes on with what it believed. */
  stall(forMs: number): void
  /** Its application does not ask for records meanwhile; the client itself goes on. */
  pausePolling?(forMs: number): void
  /** It wants other topics from now on. */
  resubscribe?(): void
}

export interface Surroundings {
  readonly timeline: Timeline
  readonly network: Network
  readonly random: Random
  readonly trace: Trace
}

/** How likely a member of the consumer protocol is to do what may be done: 0 … 1. */
export interface Habits {
  readonly oldVersion: number
  readonly regex: number
  readonly slowRevoke: number
  readonly hungRevoke: number
}

export interface MemberOptions {
  readonly name: string
  readonly groupId: string
  readonly instanceId: string | null
  readonly topics: Topics
  /** What members of the classic protocol want. */
  readonly topic: string
  /** Those of the classic protocol keep what they have while they join again (KIP-429). */
  readonly isCooperative: boolean
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** As they are now. */
  readonly habits: () => Habits
}
