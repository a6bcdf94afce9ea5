import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  consumerGroupDescribeApi,
  consumerGroupHeartbeatApi,
  errorByCode,
  type Input,
  offsetCommitApi
} from '@streambus/protocol'
import type { DataPlane } from '../data-plane.ts'
import { GROUP } from './group-client.ts'

type Wish = Partial<Input<ConsumerGroupHeartbeatRequest>>

/** What is heard: an error's name, or "epoch" and what is assigned by topic; without that when it is not said. */
export type Heard = string

/** Heartbeats of members of the consumer protocol against a data plane. */
export class ConsumerClient {
  readonly #plane: DataPlane

  constructor(plane: DataPlane) {
    this.#plane = plane
  }

  send(memberId: string, memberEpoch: number, wish: Wish = {}, version = 1) {
    return this.#plane.inject(consumerGroupHeartbeatApi, version, {
      groupId: GROUP,
      memberId,
      memberEpoch,
      ...wish
    })
  }

  /** With all that a first heartbeat says. */
  join(memberId: string, wish: Wish = {}): Promise<Heard> {
    return this.beat(memberId, 0, {
      rebalanceTimeoutMs: 30_000,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
      ...wish
    })
  }

  async beat(memberId: string, memberEpoch: number, wish: Wish = {}, version = 1): Promise<Heard> {
    const reply = this.send(memberId, memberEpoch, wish, version)
    await this.#plane.settle()
    return this.#heard(reply.body)
  }

  /** Partitions of topic t, as a member says that it owns them. */
  owns(...partitions: number[]): Wish {
    const topicId = this.#plane.controller.image.topicByName('t')?.id ?? ''
    return { topicPartitions: partitions.length === 0 ? [] : [{ topicId, partitions }] }
  }

  leave(memberId: string, instanceId: string | null = null): Promise<Heard> {
    return this.beat(memberId, -1, { instanceId })
  }

  /** Error names of the partitions of topic t. */
  async commit(memberId: string, epoch: number, partitions: readonly number[], version = 9): Promise<string[]> {
    const reply = this.#plane.inject(offsetCommitApi, version, {
      groupId: GROUP,
      memberId,
      generationIdOrMemberEpoch: epoch,
      topics: [
        {
          name: 't',
          partitions: partitions.map(partitionIndex => ({
            partitionIndex,
            committedOffset: 1,
            committedMetadata: null
          }))
        }
      ]
    })
    await this.#plane.settle()
    return (reply.body?.topics[0]?.partitions ?? []).map(({ errorCode }) => errorByCode(errorCode)?.name ?? '')
  }

  async describe(groupId = GROUP) {
    const reply = this.#plane.inject(consumerGroupDescribeApi, 1, {
      groupIds: [groupId],
      includeAuthorizedOperations: false
    })
    await this.#plane.settle()
    const [group] = reply.body?.groups ?? []
    if (group === undefined) throw new Error('no answer')
    return group
  }

  /** "Stable 3/3 a:3[0 1] b:3[2]": state, group and assignment epoch, members with their epochs and partitions. */
  async picture(): Promise<string> {
    const group = await this.describe()
    if (group.errorCode !== 0) return errorByCode(group.errorCode)?.name ?? ''
    const members = group.members.map(({ memberId, memberEpoch, assignment, targetAssignment }) => {
      const [has, shall] = [assignment, targetAssignment].map(({ topicPartitions }) => this.#names(topicPartitions))
      return `${memberId}:${memberEpoch}[${has}]${has === shall ? '' : `→[${shall}]`}`
    })
    return [`${group.groupState} ${group.groupEpoch}/${group.assignmentEpoch}`, ...members.sort()].join(' ')
  }

  #heard(answer: ConsumerGroupHeartbeatResponse | null): Heard {
    if (answer === null) return 'nothing'
    if (answer.errorCode !== 0) return errorByCode(answer.errorCode)?.name ?? ''
    const { memberEpoch, assignment } = answer
    return assignment === null ? `${memberEpoch}` : `${memberEpoch} [${this.#names(assignment.topicPartitions)}]`
  }

  #names(list: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]): string {
    const { image } = this.#plane.controller
    return list
      .map(({ topicId, partitions }) => ({ topic: image.topicById(topicId)?.name ?? '?', partitions }))
      .sort((a, b) => (a.topic < b.topic ? -1 : 1))
      .map(({ topic, partitions }) => (topic === 't' ? partitions.join(' ') : `${topic} ${partitions.join(' ')}`))
      .join(', ')
  }
}
