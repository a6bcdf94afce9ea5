import { offsetCommitApi, offsetFetchApi } from '@streambus/protocol'
import { nameOf } from '../facts.ts'
import { splitPartition } from '../topics.ts'
import { Violation } from '../violation.ts'
import type { Process } from './process.ts'

const TIMEOUT_MS = 5_000
const BACKOFF_MS = 100
/** Its coordinator will be back, or another one is. */
const PASSING: ReadonlySet<string> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR'
])
/** It is no member any more, or of another group than it believes. */
const OUT: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID',
  'FENCED_MEMBER_EPOCH',
  'FENCED_INSTANCE_ID',
  'GROUP_ID_NOT_FOUND'
])

export function isPassing(error: string): boolean {
  return PASSING.has(error)
}

/** The membership as it is at the moment of the call. */
export interface Membership {
  readonly memberId: string
  readonly epoch: number
}

export interface CommitterOptions {
  readonly process: Process
  readonly groupId: string
  readonly instanceId: string | null
  readonly membership: () => Membership
  /** The coordinator does not count it as a member. */
  readonly onOut: (error: string) => void
}

/** Reads the partitions of a member of the consumer protocol and commits what it has read. */
export class Committer {
  readonly #options: CommitterOptions
  /** Null: where to begin is not known yet. */
  readonly #positions = new Map<string, number | null>()
  /** Nothing more is read of them. */
  readonly #paused = new Set<string>()
  #commits = 0
  isReading = true

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  begin(): void {
    this.#workLater()
  }

  take(partitions: Iterable<string>): void {
    const added = [...partitions]
    for (const partition of added) this.#positions.set(partition, null)
    this.#fetch(added)
  }

  pause(partitions: Iterable<string>): void {
    for (const partition of partitions) this.#paused.add(partition)
  }

  drop(partitions: Iterable<string>): void {
    for (const partition of partitions) {
      this.#positions.delete(partition)
      this.#paused.delete(partition)
    }
  }

  /** Tries until `untilMs`. `done` is called once, whether or not it was committed. */
  commitAll(untilMs: number, done: () => void): void {
    const { process } = this.#options
    this.#commit([...this.#positions.keys()], error => {
      const isPassed = error === 'none' || error === 'STALE_MEMBER_EPOCH' || isPassing(error)
      if (!isPassed || process.nowMs >= untilMs) return done()
      process.later(BACKOFF_MS, () => this.commitAll(untilMs, done))
    })
  }

  /** As somebody who is in no group any more, as an application does that has not noticed. */
  commitAsStranger(): void {
    this.#commit([...this.#positions.keys()], () => {}, { memberId: '', epoch: -1 })
  }

  #workLater(): void {
    const { process } = this.#options
    process.later(process.random.between(200, 3_000), () => this.#work())
  }

  #work(): void {
    const { random } = this.#options.process
    const partitions = [...this.#positions]
      .filter(([partition, position]) => position !== null && !this.#paused.has(partition) && random.chance(0.7))
      .map(([partition]) => partition)
    const isMember = this.#options.membership().epoch > 0
    if (!this.isReading || !isMember || partitions.length === 0) return this.#workLater()
    for (const partition of partitions) {
      this.#positions.set(partition, (this.#positions.get(partition) ?? 0) + random.between(1, 50))
    }
    this.#commit(partitions, () => this.#workLater())
  }

  /** `done` gets 'NONE', an error, or 'none' for no answer. */
  #commit(wanted: readonly string[], done: (error: string) => void, as = this.#options.membership()): void {
    const { process, groupId, instanceId, membership, onOut } = this.#options
    const byTopic = new Map<string, { partitionIndex: number; committedOffset: number; committedMetadata: string }[]>()
    const committedMetadata = `${process.name}/${++this.#commits}`
    for (const partition of wanted) {
      const { topic, index: partitionIndex } = splitPartition(partition)
      const committedOffset = this.#positions.get(partition) ?? null
      if (committedOffset === null) continue
      const list = byTopic.get(topic) ?? []
      byTopic.set(topic, list)
      list.push({ partitionIndex, committedOffset, committedMetadata })
    }
    if (byTopic.size === 0) return done('NONE')
    const { memberId, epoch } = as
    const body = {
      groupId,
      memberId,
      generationIdOrMemberEpoch: epoch,
      groupInstanceId: epoch < 0 ? null : instanceId,
      topics: [...byTopic].map(([name, partitions]) => ({ name, partitions }))
    }
    process.ask({
      api: offsetCommitApi,
      version: 9,
      body,
      timeoutMs: TIMEOUT_MS,
      done: answer => {
        const error = answer === null ? 'none' : nameOf(answer.topics[0]?.partitions[0]?.errorCode ?? 0)
        const isPresent = membership().epoch === epoch && epoch > 0
        if (OUT.has(error) && isPresent) onOut(error)
        else if (error !== 'none' && !EXPECTED.has(error) && !OUT.has(error)) throw unexpected(process.name, error)
        done(error)
      }
    })
  }

  #fetch(wanted: readonly string[]): void {
    const { process, groupId, membership, onOut } = this.#options
    const missing = wanted.filter(partition => this.#positions.get(partition) === null)
    if (missing.length === 0) return
    const byTopic = new Map<string, number[]>()
    for (const { topic, index } of missing.map(splitPartition)) {
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), index])
    }
    const { memberId, epoch: memberEpoch } = membership()
    const topics = [...byTopic].map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
    const body = { groups: [{ groupId, memberId, memberEpoch, topics }] }
    process.ask({
      api: offsetFetchApi,
      version: 9,
      body,
      timeoutMs: TIMEOUT_MS,
      done: answer => {
        const group = answer?.groups[0]
        const error = group === undefined ? 'none' : nameOf(group.errorCode)
        if (error === 'NONE') return this.#fetched(group?.topics ?? [])
        if (OUT.has(error) && membership().epoch === memberEpoch) return onOut(error)
        if (error !== 'none' && !EXPECTED.has(error) && !OUT.has(error)) throw unexpected(process.name, error)
        process.later(BACKOFF_MS, () => this.#fetch(missing))
      }
    })
  }

  #fetched(
    topics: readonly {
      readonly name: string
      readonly partitions: readonly { readonly partitionIndex: number; readonly committedOffset: bigint | number }[]
    }[]
  ): void {
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, committedOffset } of partitions) {
        const partition = `${name}-${partitionIndex}`
        if (this.#positions.get(partition) !== null) continue
        this.#positions.set(partition, Math.max(0, Number(committedOffset)))
      }
    }
  }
}

const EXPECTED: ReadonlySet<string> = new Set([...PASSING, 'NONE', 'STALE_MEMBER_EPOCH'])

function unexpected(name: string, error: string): Violation {
  return new Violation('answer', `${name} was told ${error}, which nothing here should lead to`)
}
