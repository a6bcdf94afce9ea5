import { uniformAssignor } from '../../../../src/coordinator/group/assignor/uniform.ts'
import type { MemberProgress } from '../../../../src/coordinator/group/consumer/reconcile.ts'
import { reconcile } from '../../../../src/coordinator/group/consumer/reconcile.ts'
import { computeTarget } from '../../../../src/coordinator/group/consumer/target-assignment.ts'
import {
  includesAll,
  isSame,
  type TopicPartitions
} from '../../../../src/coordinator/group/consumer/topic-partitions.ts'

const NONE: TopicPartitions = new Map()
const NEW: MemberProgress = {
  memberEpoch: 0,
  previousEpoch: -1,
  state: 'stable',
  assigned: NONE,
  pendingRevocation: NONE
}

export interface Request {
  readonly epoch: number
  readonly owned: TopicPartitions | null
  readonly topics: readonly string[]
  readonly isFull: boolean
}

export interface Answer {
  readonly epoch: number
  readonly assignment: TopicPartitions | null
}

interface Seat {
  progress: MemberProgress
  topics: readonly string[]
}

/** The coordinator's side, as small as it can be: heartbeats in, one assignment per heartbeat out. */
export class GroupModel {
  readonly seats = new Map<string, Seat>()
  readonly counts: Map<string, number>
  target: ReadonlyMap<string, TopicPartitions> = new Map()
  epoch = 0

  constructor(counts: Iterable<readonly [string, number]>) {
    this.counts = new Map(counts)
  }

  /** Null: unknown or fenced, start again. `late`: the target is computed later, as with a group busy with others. */
  heartbeat(id: string, { epoch, owned, topics, isFull }: Request, late: boolean): Answer | null {
    const seat = this.seats.get(id) ?? (epoch === 0 ? { progress: NEW, topics: [] } : undefined)
    if (seat === undefined || !knows(seat.progress, epoch, owned)) return null
    if (!this.seats.has(id)) this.#isDue = true
    this.seats.set(id, seat)
    const subscriptionChanged = seat.topics.join() !== topics.join()
    seat.topics = topics
    if (subscriptionChanged) this.#isDue = true
    if (!late || seat.progress.memberEpoch === 0) this.retarget()
    const before = seat.progress
    seat.progress = reconcile(before, {
      targetEpoch: this.epoch,
      target: this.target.get(id) ?? NONE,
      subscribedTopicIds: new Set(topics),
      subscriptionChanged,
      owned,
      ownerEpoch: (topicId, partition) => this.#ownerEpoch(topicId, partition)
    })
    const { memberEpoch, assigned } = seat.progress
    return { epoch: memberEpoch, assignment: isFull || !isSame(before.assigned, assigned) ? assigned : null }
  }

  remove(id: string): void {
    if (this.seats.delete(id)) this.#isDue = true
  }

  grow(topic: string): void {
    this.counts.set(topic, (this.counts.get(topic) ?? 0) + 1)
    this.#isDue = true
  }

  retarget(): void {
    if (!this.#isDue) return
    this.#isDue = false
    this.epoch++
    const members = new Map(
      [...this.seats].map(([id, { topics }]) => [
        id,
        { instanceId: null, rackId: null, subscribedTopicIds: new Set(topics) }
      ])
    )
    const { counts: partitionCounts, target } = this
    const input = { assignor: uniformAssignor, members, target, replaced: new Map(), partitionCounts }
    this.target = computeTarget(input).target
  }

  /** "topic-partition" of all that `id` holds or has yet to give up. */
  held(id: string): string[] {
    const progress = this.seats.get(id)?.progress
    return progress === undefined ? [] : [...names(progress.assigned), ...names(progress.pendingRevocation)]
  }

  #isDue = true

  #ownerEpoch(topicId: string, partition: number): number {
    for (const [id, { progress }] of this.seats) {
      if (this.held(id).includes(`${topicId}-${partition}`)) return progress.memberEpoch
    }
    return -1
  }
}

function knows({ memberEpoch, previousEpoch, assigned }: MemberProgress, epoch: number, owned: TopicPartitions | null) {
  // A join whose answer was lost.
  if (epoch === 0) return true
  return epoch === memberEpoch || (epoch === previousEpoch && owned !== null && includesAll(assigned, owned))
}

export function names(partitions: TopicPartitions): string[] {
  return [...partitions].flatMap(([topic, numbers]) => numbers.map(number => `${topic}-${number}`))
}

/** A consumer as it should be: one request at a time, says what it owns when that changes, and all after a fault. */
export class ClientModel {
  readonly id: string
  topics: readonly string[]
  epoch = 0
  /** What it consumes. */
  owned: TopicPartitions = NONE
  request: Request | null = null
  answer: Answer | null | undefined
  /** What it was told to have and does not have yet. */
  #goal: TopicPartitions | null = null
  #hasTold = false
  /** The next request says everything, or at least what is owned. */
  #mustTell: 'all' | 'owned' | null = 'all'

  constructor(id: string, topics: readonly string[]) {
    this.id = id
    this.topics = topics
  }

  send(): void {
    if (this.request !== null || this.answer !== undefined) return
    const owned = this.#mustTell === null ? null : this.owned
    this.request = { epoch: this.epoch, owned, topics: this.topics, isFull: this.#mustTell === 'all' }
    this.#hasTold ||= owned !== null
    this.#mustTell = null
  }

  receive(): void {
    const { answer } = this
    if (answer === undefined) return
    this.answer = undefined
    this.#hasTold = false
    if (answer === null) return this.restart()
    this.epoch = answer.epoch
    if (answer.assignment !== null) this.#goal = answer.assignment
  }

  /** The request or its answer did not arrive. */
  fail(): void {
    this.request = null
    this.answer = undefined
    this.#mustTell = 'all'
    // The next answer says again what it shall have: the coordinator may have heard, and gone on.
    this.#goal = null
  }

  /** First it gives up, in a later step it takes. */
  settle(): void {
    if (this.#goal === null) return
    const goal = new Set(names(this.#goal))
    const rest = new Map<string, number[]>()
    for (const [topic, numbers] of this.owned) {
      const kept = numbers.filter(number => goal.has(`${topic}-${number}`))
      if (kept.length > 0) rest.set(topic, kept)
    }
    if (!isSame(rest, this.owned)) {
      this.owned = rest
      return
    }
    // What it has said to own is what the coordinator goes by until it has answered.
    if (this.#hasTold) return
    this.owned = this.#goal
    this.#goal = null
    // Also if it is what was told before: that it has come this far is news.
    this.#mustTell ??= 'owned'
  }

  /** It was fenced. */
  restart(): void {
    this.fail()
    this.owned = NONE
    this.epoch = 0
  }
}
