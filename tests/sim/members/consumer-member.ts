import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, Input } from '@streambus/protocol'
import { nameOf } from '../facts.ts'
import { Violation } from '../violation.ts'
import type { Belief, MemberActor, MemberOptions, Surroundings } from './actor.ts'
import { Committer, isPassing } from './committer.ts'
import { HeartbeatFields } from './heartbeat-fields.ts'
import { Heartbeats } from './heartbeats.ts'
import { Process } from './process.ts'
import { Reconciliation } from './reconciliation.ts'
import { drawSubscription, type Subscription, topicsOf } from './subscription.ts'

const BACKOFF_MS = 100
/** How long an application may not ask for records: max.poll.interval.ms. */
const POLL_MS_MAX = 5_000

/**
 * As in the Java client (AbstractMembershipManager). Fenced and stale members still have to notice that they own
 * nothing any more; a leaving one gives back what it has, and says so.
 */
type State = 'out' | 'joining' | 'reconciling' | 'acknowledging' | 'stable' | 'fenced' | 'stale' | 'leaving'

/** States in which no heartbeat is sent. */
const SILENT: ReadonlySet<State> = new Set(['out', 'fenced', 'stale'])

/** A consumer of the consumer protocol (KIP-848). */
export class ConsumerMemberActor implements MemberActor {
  readonly groupId: string
  readonly instanceId: string | null
  readonly #of: MemberOptions
  readonly #process: Process
  readonly #version: number
  readonly #serverAssignor: string | null
  readonly #fields: HeartbeatFields
  readonly #heartbeats: Heartbeats
  readonly #committer: Committer
  readonly #share: Reconciliation
  #subscription: Subscription
  #state: State = 'out'
  #memberId: string
  #epoch = 0

  constructor(of: MemberOptions, surroundings: Surroundings) {
    const { random } = surroundings
    const { topics, name, habits, groupId, instanceId, rebalanceTimeoutMs } = of
    const process = new Process(name, surroundings)
    this.#of = of
    this.#process = process
    this.groupId = groupId
    this.instanceId = instanceId
    this.#version = random.chance(habits().oldVersion) ? 0 : 1
    this.#memberId = this.#version === 0 ? '' : `${name}-${random.u32().toString(16)}`
    const timeoutMs = random.pick([2_000, 5_000])
    this.#serverAssignor = random.pick([null, 'uniform', 'range'])
    this.#subscription = this.#draw()
    this.#fields = new HeartbeatFields(topics, this.#version)
    this.#committer = new Committer({
      process,
      groupId,
      instanceId,
      membership: () => ({ memberId: this.#memberId, epoch: this.#epoch }),
      onOut: error => this.#failed(error)
    })
    this.#share = new Reconciliation({
      process,
      rebalanceTimeoutMs,
      habits,
      committer: this.#committer,
      isWanted: () => this.#state === 'reconciling',
      done: () => {
        this.#enter('acknowledging')
        this.#heartbeats.send()
      }
    })
    this.#heartbeats = new Heartbeats({
      process,
      timeoutMs,
      version: this.#version,
      pace: () => (SILENT.has(this.#state) ? 'silent' : this.#state === 'acknowledging' ? 'urgent' : 'regular'),
      next: () => this.#nextBody(),
      answered: answer => this.#answered(answer)
    })
  }

  get name(): string {
    return this.#process.name
  }

  get isAlive(): boolean {
    return this.#process.isAlive
  }

  get belief(): Belief {
    return {
      epoch: this.#epoch,
      memberId: this.#memberId,
      isSettled: this.#state === 'stable',
      partitions: [...this.#share.used],
      topics: topicsOf(this.#subscription, this.#of.topics)
    }
  }

  start(): void {
    this.#process.say(`starts${this.instanceId === null ? '' : ` as ${this.instanceId}`}`)
    this.#committer.begin()
    this.#join()
  }

  crash(): void {
    this.#process.end('crashes')
  }

  /** Commits and gives back what it has, then leaves; or does not take the time. */
  leave(): void {
    const { random } = this.#process
    const isAbrupt = random.chance(0.3)
    if (this.#state === 'leaving') return
    this.#process.say('closes')
    if (SILENT.has(this.#state)) return this.#process.end('leaves')
    this.#enter('leaving')
    if (isAbrupt) return this.#leaveNow()
    this.#committer.commitAll(this.#process.nowMs + 1_000, () => {
      this.#process.later(random.between(0, 300), () => this.#leaveNow())
    })
  }

  stall(forMs: number): void {
    this.#process.standStill(forMs)
  }

  pausePolling(forMs: number): void {
    if (!this.#share.isPolling) return
    this.#process.say(`does not poll for ${forMs} ms`)
    this.#share.isPolling = false
    this.#committer.isReading = false
    if (forMs > POLL_MS_MAX) this.#process.later(POLL_MS_MAX, () => this.#pollIsOverdue())
    this.#process.later(forMs, () => this.#pollAgain())
  }

  resubscribe(): void {
    this.#subscription = this.#draw()
    this.#process.say(`subscribes to ${JSON.stringify(this.#subscription)}`)
  }

  #draw(): Subscription {
    const { habits, topics } = this.#of
    return drawSubscription(this.#process.random, topics, this.#version === 0 ? 0 : habits().regex)
  }

  #enter(state: State): void {
    this.#state = state
    this.#process.say(`is ${state} in epoch ${this.#epoch}, owns [${[...this.#share.used].join()}]`)
  }

  #join(): void {
    this.#epoch = 0
    this.#share.dropAll()
    this.#enter('joining')
    this.#heartbeats.send()
  }

  #nextBody(): Input<ConsumerGroupHeartbeatRequest> {
    const { groupId, instanceId, rebalanceTimeoutMs } = this.#of
    const body = this.#fields.next({
      groupId,
      instanceId,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      epoch: this.#epoch,
      subscription: this.#subscription,
      serverAssignor: this.#serverAssignor,
      current: this.#share.current,
      isJoining: this.#state === 'joining'
    })
    // What it owns is said with it.
    if (this.#state === 'acknowledging') this.#pursue()
    return body
  }

  #answered(answer: ConsumerGroupHeartbeatResponse | null): void {
    const error = answer === null ? 'none' : nameOf(answer.errorCode)
    if (answer !== null && error === 'NONE') return this.#accepted(answer)
    this.#fields.reset()
    if (error !== 'none' && !isPassing(error)) this.#failed(error)
  }

  /** What the Java client does about an error that does not pass. */
  #failed(error: string): void {
    switch (error) {
      case 'FENCED_MEMBER_EPOCH':
      case 'UNKNOWN_MEMBER_ID':
        return this.#fenced()
      case 'UNRELEASED_INSTANCE_ID':
      case 'FENCED_INSTANCE_ID':
      // The group is one of the classic protocol again, or gone.
      case 'GROUP_ID_NOT_FOUND':
        return this.#process.end(`is told ${error}`)
      default:
        throw new Violation('answer', `${this.name} was told ${error}, which nothing here should lead to`)
    }
  }

  #accepted({ memberId, memberEpoch, assignment }: ConsumerGroupHeartbeatResponse): void {
    if (SILENT.has(this.#state)) return
    this.#memberId = memberId ?? this.#memberId
    this.#epoch = memberEpoch
    if (assignment === null || this.#state === 'leaving') return
    this.#share.aim(new Set(this.#of.topics.fromWire(assignment.topicPartitions)))
    if (!this.#share.isDone || this.#state === 'reconciling' || this.#state === 'joining') this.#pursue()
  }

  #pursue(): void {
    const state = this.#share.isDone ? 'stable' : 'reconciling'
    if (state !== this.#state) this.#enter(state)
    this.#share.run()
  }

  /** It must give up everything at once and join anew; its application hears of it only now. */
  #fenced(): void {
    if (SILENT.has(this.#state)) return
    if (this.#state === 'leaving') return this.#process.end('leaves, fenced already')
    // Nobody waits for ever for an application that does not come back.
    if (this.#share.isHung) return this.#process.end('is fenced and killed')
    this.#epoch = 0
    this.#share.abandon()
    this.#enter('fenced')
    const afterMs = this.#share.used.size === 0 ? BACKOFF_MS : this.#process.random.between(0, 300)
    this.#process.later(afterMs, () => {
      if (this.#state === 'fenced') this.#join()
    })
  }

  #leaveNow(): void {
    this.#share.dropAll()
    this.#sayLeave()
    this.#process.end('leaves')
  }

  #sayLeave(): void {
    this.#epoch = this.instanceId === null ? -1 : -2
    const { groupId, instanceId } = this
    this.#heartbeats.sayGoodbye({ groupId, instanceId, memberId: this.#memberId, memberEpoch: this.#epoch })
  }

  /** The client leaves for an application that does not poll, and which works on what it has meanwhile. */
  #pollIsOverdue(): void {
    if (this.#share.isPolling || SILENT.has(this.#state) || this.#state === 'leaving') return
    this.#sayLeave()
    this.#heartbeats.forget()
    this.#share.abandon()
    this.#enter('stale')
  }

  #pollAgain(): void {
    this.#share.isPolling = true
    this.#committer.isReading = true
    if (this.#state !== 'stale') return this.#share.run()
    if (this.#process.random.chance(0.3)) this.#committer.commitAsStranger()
    this.#join()
  }
}
