import {
  deleteGroupsApi,
  describeGroupsApi,
  findCoordinatorApi,
  heartbeatApi,
  type Input,
  type JoinGroupRequest,
  joinGroupApi,
  leaveGroupApi,
  listGroupsApi,
  offsetCommitApi,
  offsetDeleteApi,
  offsetFetchApi,
  syncGroupApi
} from '@streambus/protocol'
import { encodeSubscription } from '@streambus/protocol/consumer-protocol'
import type { DataPlane } from '../data-plane.ts'

export const GROUP = 'g'

export interface JoinOptions extends Partial<Input<JoinGroupRequest>> {
  readonly version?: number
}

/** Requests of group members and tools against a data plane, with what every one of them has filled in. */
export class GroupClient {
  readonly #plane: DataPlane

  constructor(plane: DataPlane) {
    this.#plane = plane
  }

  join({ version = 5, ...wish }: JoinOptions = {}) {
    return this.#plane.inject(joinGroupApi, version, {
      groupId: GROUP,
      sessionTimeoutMs: 10_000,
      ...(version > 0 ? { rebalanceTimeoutMs: 20_000 } : {}),
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: encodeSubscription({ topics: ['t'] }) }],
      ...wish
    })
  }

  sync(memberId: string, generationId: number, assignments: Record<string, string> = {}, instanceId?: string) {
    return this.#plane.inject(syncGroupApi, 3, {
      groupId: GROUP,
      generationId,
      memberId,
      ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
      assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) }))
    })
  }

  async heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null): Promise<number> {
    const reply = this.#plane.inject(heartbeatApi, 4, { groupId: GROUP, generationId, memberId, groupInstanceId })
    await this.#plane.settle()
    return reply.body?.errorCode ?? Number.NaN
  }

  leave(memberId: string, instanceId: string | null = null) {
    return this.#plane.inject(leaveGroupApi, 5, {
      groupId: GROUP,
      members: [{ memberId, groupInstanceId: instanceId }]
    })
  }

  commit(
    offsets: Record<string, number>,
    options: { memberId?: string; epoch?: number; version?: number; metadata?: string | null; topic?: string } = {}
  ) {
    const { memberId = '', epoch = -1, version = 9, metadata = null, topic = 't' } = options
    return this.#plane.inject(offsetCommitApi, version, {
      groupId: GROUP,
      generationIdOrMemberEpoch: epoch,
      memberId,
      topics: [
        {
          name: topic,
          partitions: Object.entries(offsets).map(([partition, committedOffset]) => {
            return { partitionIndex: Number(partition), committedOffset, committedMetadata: metadata }
          })
        }
      ]
    })
  }

  /** Version 8 and later: one group; null: all. */
  fetch(partitionIndexes: number[] | null, { version = 9 }: { version?: number } = {}) {
    const topics = partitionIndexes === null ? null : [{ name: 't', partitionIndexes }]
    return this.#plane.inject(offsetFetchApi, version, { groups: [{ groupId: GROUP, topics }] })
  }

  /** Offsets by partition of topic t; undefined while there is no answer. */
  async committed(): Promise<Record<number, number> | undefined> {
    const reply = this.fetch(null)
    await this.#plane.settle()
    const topics = reply.body?.groups[0]?.topics
    const partitions = topics?.find(({ name }) => name === 't')?.partitions ?? []
    return topics && Object.fromEntries(partitions.map(each => [each.partitionIndex, each.committedOffset]))
  }

  describe(version = 5) {
    return this.#plane.inject(describeGroupsApi, version, { groups: [GROUP], includeAuthorizedOperations: false })
  }

  async state(): Promise<string | undefined> {
    const reply = this.describe()
    await this.#plane.settle()
    return reply.body?.groups[0]?.groupState
  }

  list(statesFilter: string[] = [], typesFilter: string[] = []) {
    return this.#plane.inject(listGroupsApi, 5, { statesFilter, typesFilter })
  }

  deleteGroup() {
    return this.#plane.inject(deleteGroupsApi, 2, { groupsNames: [GROUP] })
  }

  deleteOffsets(partitions: number[]) {
    const topics = [{ name: 't', partitions: partitions.map(partitionIndex => ({ partitionIndex })) }]
    return this.#plane.inject(offsetDeleteApi, 0, { groupId: GROUP, topics })
  }

  findCoordinator() {
    return this.#plane.inject(findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [GROUP] })
  }

  /** A member of version 5: asks for an id, then joins with it, which may be parked. Returns the id and the reply. */
  async member(wish: JoinOptions = {}) {
    const first = this.join(wish)
    await this.#plane.settle()
    const memberId = first.body?.memberId ?? ''
    return { memberId, reply: this.join({ ...wish, memberId }) }
  }

  /** Members of a new group, all in its first generation with an assignment each, their number. */
  async stableGroup(count: number, wish: JoinOptions = {}): Promise<string[]> {
    const members = []
    for (let i = 0; i < count; i++) members.push(await this.member(wish))
    this.#plane.clock.advance(3_000)
    this.#plane.clock.advance(3_000)
    await this.#plane.settle()
    const ids = members.map(({ memberId }) => memberId)
    const leader = members[0]?.reply.body?.leader
    const assignments = Object.fromEntries(ids.map((id, i) => [id, String(i)]))
    for (const id of ids) this.sync(id, 1, id === leader ? assignments : {})
    await this.#plane.settle()
    return ids
  }
}
