import {
  type ApiSchema,
  decodeResponse,
  encodeRequestFrame,
  findCoordinatorApi,
  heartbeatApi,
  type Input,
  joinGroupApi,
  type Message,
  offsetCommitApi,
  syncGroupApi
} from '@streambus/protocol'
import { encodeSubscription } from '@streambus/protocol/consumer-protocol'
import { type Address, Caller } from '../wire-socket.ts'

const MEMBER_ID_REQUIRED = 79
const REBALANCE_IN_PROGRESS = 27
const SUBSCRIPTION = encodeSubscription({ version: 0, topics: ['bench'] })

type Joined = Message<typeof joinGroupApi.response>

/** A classic consumer's conversation with its coordinator, on a connection of its own as clients have. */
export class BenchMember {
  readonly #caller: Caller
  readonly #groupId: string
  memberId = ''
  generationId = -1
  isLeader = false

  private constructor(caller: Caller, groupId: string) {
    this.#caller = caller
    this.#groupId = groupId
  }

  static async connect(address: Address, groupId: string): Promise<BenchMember> {
    const member = new BenchMember(await Caller.connect(address), groupId)
    const found = await member.#ask(findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [groupId] })
    if (found.coordinators[0]?.errorCode !== 0) throw new Error(`no coordinator: ${JSON.stringify(found)}`)
    return member
  }

  /** Resolves when the join phase is over. */
  async join(): Promise<Joined> {
    const answer = await this.#join()
    if (answer.errorCode !== MEMBER_ID_REQUIRED) return this.#joined(answer)
    this.memberId = answer.memberId
    return this.#joined(await this.#join())
  }

  /** The leader gives every member ten bytes. Resolves when it is stored; false: a rebalance has begun meanwhile. */
  async sync(joined: Joined): Promise<boolean> {
    const assignments = this.isLeader
      ? joined.members.map(({ memberId }) => ({ memberId, assignment: Buffer.alloc(10) }))
      : []
    const { memberId, generationId } = this
    const answer = await this.#ask(syncGroupApi, 3, { groupId: this.#groupId, generationId, memberId, assignments })
    if (answer.errorCode === REBALANCE_IN_PROGRESS) return false
    if (answer.errorCode !== 0 || answer.assignment.length !== 10) throw new Error(`sync failed: ${answer.errorCode}`)
    return true
  }

  /** False: a rebalance has begun. */
  async heartbeat(): Promise<boolean> {
    const { memberId, generationId } = this
    const { errorCode } = await this.#ask(heartbeatApi, 4, { groupId: this.#groupId, generationId, memberId })
    if (errorCode !== 0 && errorCode !== REBALANCE_IN_PROGRESS) throw new Error(`heartbeat failed: ${errorCode}`)
    return errorCode === 0
  }

  async commit(offset: number): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }]
    const answer = await this.#ask(offsetCommitApi, 8, {
      groupId: this.#groupId,
      generationIdOrMemberEpoch: this.generationId,
      memberId: this.memberId,
      topics: [{ name: 'bench', partitions }]
    })
    const errorCode = answer.topics[0]?.partitions[0]?.errorCode
    if (errorCode !== 0) throw new Error(`commit failed: ${errorCode}`)
  }

  close(): Promise<void> {
    return this.#caller.close()
  }

  #joined(answer: Joined): Joined {
    if (answer.errorCode !== 0) throw new Error(`join failed: ${answer.errorCode}`)
    this.memberId = answer.memberId
    this.generationId = answer.generationId
    this.isLeader = answer.leader === answer.memberId
    return answer
  }

  #join(): Promise<Joined> {
    return this.#ask(joinGroupApi, 5, {
      groupId: this.#groupId,
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: SUBSCRIPTION }]
    })
  }

  async #ask<Req, Res>(api: ApiSchema<Req, Res>, version: number, body: Input<Req>): Promise<Res> {
    const frame = encodeRequestFrame({ api, version, correlationId: 1, clientId: 'bench', body })
    return decodeResponse(api, version, await this.#caller.call(frame)).body
  }
}
