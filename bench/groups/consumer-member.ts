import {
  type ApiSchema,
  consumerGroupHeartbeatApi,
  decodeResponse,
  encodeRequestFrame,
  findCoordinatorApi,
  type Input,
  type Message,
  offsetCommitApi
} from '@streambus/protocol'
import { type Address, Caller } from '../wire-socket.ts'

type Assigned = Message<typeof consumerGroupHeartbeatApi.response>['assignment']

/** A member of the consumer protocol (KIP-848) and its conversation, on a connection of its own as clients have. */
export class ConsumerBenchMember {
  readonly #caller: Caller
  readonly #groupId: string
  readonly #memberId: string
  epoch = 0
  /** By topic id, as it was told last and as the broker knows it to be owned. */
  #owned: NonNullable<Assigned>['topicPartitions'] = []
  #mustTell = false

  private constructor(caller: Caller, groupId: string, memberId: string) {
    this.#caller = caller
    this.#groupId = groupId
    this.#memberId = memberId
  }

  static async connect(address: Address, groupId: string, memberId: string): Promise<ConsumerBenchMember> {
    const member = new ConsumerBenchMember(await Caller.connect(address), groupId, memberId)
    const found = await member.#ask(findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [groupId] })
    if (found.coordinators[0]?.errorCode !== 0) throw new Error(`no coordinator: ${JSON.stringify(found)}`)
    return member
  }

  get partitionCount(): number {
    return this.#owned.reduce((sum, { partitions }) => sum + partitions.length, 0)
  }

  join(topic: string): Promise<void> {
    return this.#beat({ rebalanceTimeoutMs: 60_000, subscribedTopicNames: [topic], topicPartitions: [] })
  }

  /** Gives up at once what it is told to. True when it has nothing to tell. */
  async heartbeat(): Promise<boolean> {
    const topicPartitions = this.#mustTell ? this.#owned : null
    this.#mustTell = false
    await this.#beat({ topicPartitions })
    return !this.#mustTell
  }

  leave(): Promise<void> {
    this.epoch = -1
    return this.#beat({})
  }

  async commit(offset: number): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }]
    const answer = await this.#ask(offsetCommitApi, 9, {
      groupId: this.#groupId,
      generationIdOrMemberEpoch: this.epoch,
      memberId: this.#memberId,
      topics: [{ name: 'bench', partitions }]
    })
    const errorCode = answer.topics[0]?.partitions[0]?.errorCode
    if (errorCode !== 0) throw new Error(`commit failed: ${errorCode}`)
  }

  close(): Promise<void> {
    return this.#caller.close()
  }

  async #beat(said: Partial<Input<Message<typeof consumerGroupHeartbeatApi.request>>>): Promise<void> {
    const { epoch: memberEpoch } = this
    const body = { groupId: this.#groupId, memberId: this.#memberId, memberEpoch, ...said }
    const answer = await this.#ask(consumerGroupHeartbeatApi, 1, body)
    if (answer.errorCode !== 0) throw new Error(`heartbeat failed: ${answer.errorCode} ${answer.errorMessage}`)
    this.epoch = answer.memberEpoch
    if (answer.assignment === null) return
    this.#owned = answer.assignment.topicPartitions
    this.#mustTell = true
  }

  async #ask<Req, Res>(api: ApiSchema<Req, Res>, version: number, body: Input<Req>): Promise<Res> {
    const frame = encodeRequestFrame({ api, version, correlationId: 1, clientId: 'bench', body })
    return decodeResponse(api, version, await this.#caller.call(frame)).body
  }
}
