import {
  type ApiSchema,
  heartbeatApi,
  type Input,
  type JoinGroupResponse,
  joinGroupApi,
  leaveGroupApi,
  offsetCommitApi,
  offsetFetchApi,
  type SyncGroupResponse,
  syncGroupApi
} from '@streambus/protocol'
import { encodeAssignment, encodeSubscription } from '@streambus/protocol/consumer-protocol'
import { nameOf } from '../facts.ts'
import { partitionName } from '../topics.ts'
import { Violation } from '../violation.ts'
import type { Belief, MemberActor, MemberOptions, Surroundings } from './actor.ts'
import { assignCooperatively, assignedTo, assignInTurns } from './assignment.ts'

const REQUEST_TIMEOUT_MS = 5_000
const BACKOFF_MS = 100
/** Static members need versions that know them. */
const VERSIONS = { old: [2, 3, 4], static: [5, 6, 7, 8, 9] } as const

/** Assigns the partitions to the members of a generation; tests put in leaders that do it wrong. */
export type Assignor = typeof assignInTurns

/** A consumer of the classic protocol: joins, assigns as leader, works, commits, and does as its answers say. */
export class ClassicMemberActor implements MemberActor {
  readonly name: string
  readonly groupId: string
  readonly instanceId: string | null
  readonly #of: MemberOptions
  readonly #in: Surroundings
  readonly #assign: Assignor
  readonly #joinVersion: number
  readonly #heartbeatMs: number
  readonly #positions = new Map<number, number>()
  #memberId = ''
  #generation = -1
  #isSettled = false
  #partitions: readonly number[] = []
  #isAlive = true
  #stalledUntilMs = 0
  #commits = 0
  /** Of what was begun before: answers and timers of an older one are ignored. */
  #term = 0

  constructor(of: MemberOptions, surroundings: Surroundings, assign?: Assignor) {
    const { random } = surroundings
    this.#of = of
    this.#in = surroundings
    this.#assign = assign ?? (of.isCooperative ? assignCooperatively : assignInTurns)
    this.name = of.name
    this.groupId = of.groupId
    this.instanceId = of.instanceId
    const isModern = of.instanceId !== null || random.chance(0.8)
    this.#joinVersion = random.pick(isModern ? VERSIONS.static : VERSIONS.old)
    this.#heartbeatMs = Math.floor(of.sessionTimeoutMs / random.between(3, 5))
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get belief(): Belief {
    return {
      epoch: this.#generation,
      memberId: this.#memberId,
      isSettled: this.#isSettled,
      partitions: this.#used.map(index => partitionName(this.#of.topic, index)),
      topics: [this.#of.topic]
    }
  }

  /** Who is not cooperative works on nothing while it joins. */
  get #used(): readonly number[] {
    return this.#isSettled || this.#of.isCooperative ? this.#partitions : []
  }

  start(): void {
    this.#in.trace.add(`${this.name} starts${this.instanceId === null ? '' : ` as ${this.instanceId}`}`)
    this.#join()
  }

  crash(): void {
    this.#end('crashes')
  }

  leave(): void {
    const { groupId, instanceId } = this
    const memberId = this.#memberId
    this.#end('leaves')
    if (memberId === '') return
    const members = [{ memberId, groupInstanceId: instanceId }]
    this.#in.network.send({
      from: this.name,
      api: leaveGroupApi,
      version: this.#joinVersion >= 5 ? 4 : 1,
      body: this.#joinVersion >= 5 ? { groupId, members } : { groupId, memberId },
      timeoutMs: REQUEST_TIMEOUT_MS,
      done: () => {}
    })
  }

  stall(forMs: number): void {
    this.#in.trace.add(`${this.name} stands still for ${forMs} ms`)
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#in.timeline.nowMs + forMs)
  }

  #end(how: string): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#term++
    this.#isSettled = false
    this.#in.trace.add(`${this.name} ${how}`)
  }

  /** Runs when the process is not standing still, and only if nothing newer was begun. */
  #later(delayMs: number, run: () => void): void {
    const term = this.#term
    this.#in.timeline.after(delayMs, () => this.#awake(term, run))
  }

  #awake(term: number, run: () => void): void {
    if (!this.#isAlive || term !== this.#term) return
    const leftMs = this.#stalledUntilMs - this.#in.timeline.nowMs
    if (leftMs > 0) this.#in.timeline.after(leftMs, () => this.#awake(term, run))
    else run()
  }

  #ask<Req, Res>(
    api: ApiSchema<Req, Res>,
    version: number,
    { body, timeoutMs = REQUEST_TIMEOUT_MS }: { readonly body: Input<Req>; readonly timeoutMs?: number },
    done: (answer: Res | null) => void
  ): void {
    const term = this.#term
    const { network } = this.#in
    network.send({
      from: this.name,
      api,
      version,
      body,
      timeoutMs,
      done: answer => this.#awake(term, () => done(answer))
    })
  }

  /** The partitions are given back, or kept while it joins: whatever comes of older requests no longer counts. */
  #join(): void {
    this.#term++
    this.#isSettled = false
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.#of
    const body = {
      groupId: this.groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      ...(this.#joinVersion >= 5 ? { groupInstanceId: this.instanceId } : {}),
      protocolType: 'consumer',
      protocols: [this.#protocol()]
    }
    const timeoutMs = rebalanceTimeoutMs + REQUEST_TIMEOUT_MS
    this.#ask(joinGroupApi, this.#joinVersion, { body, timeoutMs }, answer => this.#joined(answer))
  }

  #protocol(): { name: string; metadata: Buffer } {
    const { topic, isCooperative } = this.#of
    if (!isCooperative) return { name: 'turns', metadata: encodeSubscription({ version: 0, topics: [topic] }) }
    const ownedPartitions = this.#used.length === 0 ? [] : [{ topic, partitions: [...this.#used] }]
    const subscription = { version: 2, topics: [topic], ownedPartitions, generationId: this.#generation }
    return { name: 'cooperative turns', metadata: encodeSubscription(subscription) }
  }

  #joinLater(): void {
    this.#term++
    this.#isSettled = false
    this.#later(BACKOFF_MS, () => this.#join())
  }

  #joined(answer: JoinGroupResponse | null): void {
    if (answer === null) return this.#joinLater()
    const error = nameOf(answer.errorCode)
    if (error === 'MEMBER_ID_REQUIRED') {
      this.#memberId = answer.memberId
      return this.#join()
    }
    if (error !== 'NONE') return this.#failed(error)
    this.#memberId = answer.memberId
    this.#generation = answer.generationId
    const { partitionCount } = this.#of.topics.get(this.#of.topic)
    const isAssigning = answer.leader === answer.memberId && !answer.skipAssignment
    const shares = isAssigning ? this.#assign(answer.members, partitionCount) : new Map<string, number[]>()
    const { topic } = this.#of
    const assignments = [...shares].map(([memberId, partitions]) => {
      const share = partitions.length === 0 ? [] : [{ topic, partitions }]
      return { memberId, assignment: encodeAssignment({ version: 0, partitions: share }) }
    })
    this.#sync(assignments)
  }

  #sync(assignments: { memberId: string; assignment: Buffer }[]): void {
    const body = {
      groupId: this.groupId,
      generationId: this.#generation,
      memberId: this.#memberId,
      ...(this.#joinVersion >= 5 ? { groupInstanceId: this.instanceId } : {}),
      assignments
    }
    const timeoutMs = this.#of.rebalanceTimeoutMs + REQUEST_TIMEOUT_MS
    this.#ask(syncGroupApi, this.#joinVersion >= 5 ? 3 : 2, { body, timeoutMs }, answer => this.#synced(answer))
  }

  #synced(answer: SyncGroupResponse | null): void {
    if (answer === null) return this.#joinLater()
    const error = nameOf(answer.errorCode)
    if (error !== 'NONE') return this.#failed(error)
    const partitions = assignedTo(answer.assignment)
    const isRevoked = this.#used.some(partition => !partitions.includes(partition))
    if (isRevoked) return this.#giveBack(partitions)
    this.#partitions = partitions
    this.#isSettled = true
    this.#positions.clear()
    this.#later(this.#heartbeatMs, () => this.#beat())
    this.#fetchOffsets()
  }

  /** A cooperative member: others wait for what it has to give back, and hear that it has when it joins again. */
  #giveBack(partitions: readonly number[]): void {
    this.#later(this.#in.random.between(0, 1_000), () => {
      this.#partitions = partitions
      this.#join()
    })
  }

  #beat(): void {
    const body = {
      groupId: this.groupId,
      generationId: this.#generation,
      memberId: this.#memberId,
      ...(this.#joinVersion >= 5 ? { groupInstanceId: this.instanceId } : {})
    }
    this.#ask(heartbeatApi, this.#joinVersion >= 5 ? 4 : 2, { body }, answer => {
      const error = answer === null ? 'NONE' : nameOf(answer.errorCode)
      // What is over with the coordinator may pass by itself.
      if (error !== 'NONE' && !isPassing(error)) return this.#failed(error)
      this.#later(this.#heartbeatMs, () => this.#beat())
    })
  }

  #fetchOffsets(): void {
    const partitionIndexes = [...this.#partitions]
    if (partitionIndexes.length === 0) return
    const topics = [{ name: this.#of.topic, partitionIndexes }]
    const isMany = this.#joinVersion >= 6
    const body = isMany ? { groups: [{ groupId: this.groupId, topics }] } : { groupId: this.groupId, topics }
    this.#ask(offsetFetchApi, isMany ? 8 : 5, { body }, answer => {
      const group = isMany ? answer?.groups[0] : answer
      const isAnswered = group != null && nameOf(group.errorCode) === 'NONE'
      if (!isAnswered) return this.#later(BACKOFF_MS, () => this.#fetchOffsets())
      for (const { partitionIndex, committedOffset } of group.topics[0]?.partitions ?? []) {
        this.#positions.set(partitionIndex, Math.max(0, committedOffset))
      }
      this.#later(this.#in.random.between(100, 2_000), () => this.#work())
    })
  }

  /** Reads on and commits, for some of its partitions. */
  #work(): void {
    const { random } = this.#in
    const partitions = this.#partitions.filter(() => random.chance(0.7))
    for (const partition of partitions) {
      this.#positions.set(partition, (this.#positions.get(partition) ?? 0) + random.between(1, 50))
    }
    const next = (): void => this.#later(random.between(200, 3_000), () => this.#work())
    if (partitions.length === 0) return next()
    const metadata = `${this.name}/${++this.#commits}`
    const body = {
      groupId: this.groupId,
      generationIdOrMemberEpoch: this.#generation,
      memberId: this.#memberId,
      ...(this.#joinVersion >= 5 ? { groupInstanceId: this.instanceId } : {}),
      topics: [
        {
          name: this.#of.topic,
          partitions: partitions.map(partitionIndex => {
            const committedOffset = this.#positions.get(partitionIndex) ?? 0
            return { partitionIndex, committedOffset, committedMetadata: metadata }
          })
        }
      ]
    }
    this.#ask(offsetCommitApi, this.#joinVersion >= 5 ? random.pick([7, 8, 9]) : 5, { body }, answer => {
      const error = answer === null ? 'NONE' : nameOf(answer.topics[0]?.partitions[0]?.errorCode ?? 0)
      if (error !== 'NONE' && !isPassing(error)) return this.#failed(error)
      next()
    })
  }

  /** What a client does about an error of a request that only members send. */
  #failed(error: string): void {
    switch (error) {
      case 'UNKNOWN_MEMBER_ID':
      // The whole group was deleted, or came to its end.
      case 'GROUP_ID_NOT_FOUND':
        this.#memberId = ''
        this.#partitions = []
        return this.#joinLater()
      case 'ILLEGAL_GENERATION':
        this.#partitions = []
        return this.#join()
      case 'REBALANCE_IN_PROGRESS':
        return this.#join()
      case 'FENCED_INSTANCE_ID':
        return this.#end('is fenced')
      default:
        if (isPassing(error)) return this.#joinLater()
        throw new Violation('answer', `${this.name} was told ${error}, which nothing here should lead to`)
    }
  }
}

function isPassing(error: string): boolean {
  return ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'].includes(error)
}
