import type { ErrorName } from '@streambus/protocol'
import type { GroupRecord } from '@streambus/protocol/group-records'
import { CoordinatorRefused } from '../runtime/coordinator-refused.ts'
import type { CoordinatorRuntime } from '../runtime/coordinator-runtime.ts'
import type { JoinAnswer, SyncAnswer } from './classic/classic-member.ts'
import type { JoinRequest, Leaver, SyncRequest } from './classic/classic-verbs.ts'
import { joinFailure } from './classic/rebalance.ts'
import type { ConsumerHeartbeat, HeartbeatAnswer } from './consumer/heartbeat.ts'
import type { LazyPatterns } from './consumer/lazy-patterns.ts'
import type { GroupTopics } from './consumer/subscriptions.ts'
import { type ConsumerDescription, describeClassic, describeConsumer, type GroupDescription } from './describe.ts'
import type { GroupType, OffsetCaller } from './group.ts'
import type { GroupShard } from './group-shard.ts'
import type { CommittedOffset } from './offsets/offset-store.ts'
import type { Commit, TopicPartition } from './offsets/offset-verbs.ts'

export interface GroupSummary {
  readonly groupId: string
  readonly protocolType: string
  readonly state: string
  readonly type: GroupType
}

export interface FetchedOffset extends TopicPartition {
  /** Null: nothing is committed. */
  readonly committed: CommittedOffset | null
}

export interface GroupCoordinatorOptions {
  readonly topics: GroupTopics
  readonly patterns: LazyPatterns
}

/**
 * The groups whose coordinator this broker is, as requests see them. Answers are given once all that they rest on is
 * committed. Rejects with CoordinatorRefused.
 */
export class GroupCoordinator {
  readonly #runtime: CoordinatorRuntime<GroupShard, GroupRecord>
  readonly #options: GroupCoordinatorOptions

  constructor(runtime: CoordinatorRuntime<GroupShard, GroupRecord>, options: GroupCoordinatorOptions) {
    this.#runtime = runtime
    this.#options = options
  }

  /** Resolves when the rebalance that this leads to has come as far as the member's share in it. Never rejects. */
  join(groupId: string, request: JoinRequest): Promise<JoinAnswer> {
    const { promise, resolve } = Promise.withResolvers<JoinAnswer>()
    this.#runtime
      .decide(groupId, (shard, nowMs) => shard.join(groupId, request, resolve, nowMs))
      .catch((error: unknown) => resolve(joinFailure(errorNameOf(error), request.memberId)))
    return promise
  }

  sync(groupId: string, request: SyncRequest): Promise<SyncAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SyncAnswer>()
    this.#runtime
      .decide(groupId, (shard, nowMs) => shard.sync(groupId, request, resolve, nowMs))
      // Answered already when the decision was one that could fail later.
      .catch(reject)
    return promise
  }

  heartbeat(groupId: string, member: Leaver, generation: number): Promise<void> {
    return this.#runtime.decide(groupId, shard => shard.heartbeat(groupId, member, generation))
  }

  /** An error for each, in their order. */
  leave(groupId: string, leavers: readonly Leaver[]): Promise<readonly ErrorName[]> {
    return this.#runtime.decide(groupId, (shard, nowMs) => shard.leave(groupId, leavers, nowMs))
  }

  /** Of a member of the consumer protocol: joins, goes on or leaves. */
  async consumerHeartbeat(groupId: string, request: ConsumerHeartbeat): Promise<HeartbeatAnswer> {
    const { subscribedRegex } = request
    if (subscribedRegex !== null && subscribedRegex !== '') {
      const compile = await this.#options.patterns.load()
      compile(subscribedRegex)
    }
    return this.#runtime
      .decide(groupId, (shard, nowMs) => shard.consumerHeartbeat(groupId, request, nowMs))
      .catch((error: unknown) => insteadOfTooLarge(error, 'INVALID_REQUEST'))
  }

  /** An error for each, in their order. */
  commitOffsets(
    groupId: string,
    caller: OffsetCaller,
    request: { readonly commits: readonly Commit[]; readonly retentionMs: number }
  ): Promise<readonly ErrorName[]> {
    return this.#runtime
      .decide(groupId, (shard, nowMs) => shard.commitOffsets(groupId, caller, { ...request, nowMs }))
      .catch((error: unknown) => insteadOfTooLarge(error, 'INVALID_COMMIT_OFFSET_SIZE'))
  }

  /** What is committed for each of `wanted`; with null for all that the group has. */
  fetchOffsets(
    groupId: string,
    caller: OffsetCaller,
    wanted: readonly TopicPartition[] | null
  ): Promise<readonly FetchedOffset[]> {
    return this.#runtime.decide(groupId, shard => {
      const offsets = shard.offsetsOf(groupId, caller)
      if (wanted === null) return { records: [], answer: everything(offsets) }
      const answer = wanted.map(({ topic, partition }) => {
        return { topic, partition, committed: offsets.get(topic)?.get(partition) ?? null }
      })
      return { records: [], answer }
    })
  }

  /** An error for each, in their order. */
  deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly ErrorName[]> {
    return this.#runtime.decide(groupId, shard => shard.deleteOffsets(groupId, partitions))
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.#runtime.decide(groupId, shard => shard.deleteGroup(groupId))
  }

  /** Null: there is no such classic group. */
  describe(groupId: string): Promise<GroupDescription | null> {
    return this.#runtime.decide(groupId, shard => {
      const group = shard.find(groupId)
      return { records: [], answer: group?.type === 'classic' ? describeClassic(group) : null }
    })
  }

  /** Null: there is no such group of the consumer protocol. */
  describeConsumer(groupId: string): Promise<ConsumerDescription | null> {
    return this.#runtime.decide(groupId, shard => {
      const group = shard.find(groupId)
      return { records: [], answer: group?.type === 'consumer' ? describeConsumer(group, this.#options.topics) : null }
    })
  }

  /** Rejects with COORDINATOR_LOAD_IN_PROGRESS while a part of them is not known yet. */
  async list(): Promise<readonly GroupSummary[]> {
    const { answers, isLoading } = await this.#runtime.decideAll(shard => {
      const answer = [...shard.groups()].map(({ groupId, protocolTypeName, stateName, type }): GroupSummary => {
        return { groupId, protocolType: protocolTypeName, state: stateName, type }
      })
      return { records: [], answer }
    })
    if (isLoading) throw new CoordinatorRefused('COORDINATOR_LOAD_IN_PROGRESS', 'the coordinator is reading its log')
    return answers.flat()
  }
}

/** What of a rejection a client hears. Throws what is no refusal: a bug. */
export function errorNameOf(error: unknown): ErrorName {
  if (error instanceof CoordinatorRefused) return error.errorName
  throw error
}

/** Rethrows; what does not fit in a batch has another name in each API. */
function insteadOfTooLarge(error: unknown, errorName: ErrorName): never {
  const isTooLarge = error instanceof CoordinatorRefused && error.errorName === 'RECORD_LIST_TOO_LARGE'
  throw isTooLarge ? new CoordinatorRefused(errorName, error.message) : error
}

function everything(offsets: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>): FetchedOffset[] {
  const all: FetchedOffset[] = []
  for (const [topic, partitions] of offsets) {
    for (const [partition, committed] of partitions) all.push({ topic, partition, committed })
  }
  return all
}
