import {
  type ApiSchema,
  consumerGroupDescribeApi,
  deleteGroupsApi,
  describeGroupsApi,
  type Input,
  listGroupsApi,
  offsetCommitApi,
  offsetDeleteApi,
  offsetFetchApi
} from '@streambus/protocol'
import type { Surroundings } from './members/actor.ts'
import type { Swarm } from './swarm.ts'
import type { Topic, Topics } from './topics.ts'

const TIMEOUT_MS = 5_000
const GROWING_TOPICS = ['u', 'tt'] as const
const GROWN_MAX = 5

export interface OperatorOptions {
  readonly surroundings: Surroundings
  readonly swarm: Swarm
  readonly groupIds: readonly string[]
  readonly topics: Topics
  readonly grow: (topic: string, partitionCount: number) => void
}

/** Somebody with Kafka's tools: looks, deletes groups and offsets, commits offsets of groups that have no members. */
export class Operator {
  readonly #options: OperatorOptions
  readonly #random: Surroundings['random']
  #commits = 0
  isTroubled = true

  constructor(options: OperatorOptions) {
    this.#options = options
    this.#random = options.surroundings.random.fork('operator')
  }

  begin(): void {
    const { timeline } = this.#options.surroundings
    const turn = (): void => {
      if (!this.isTroubled) return
      this.#act()
      timeline.after(this.#random.between(200, 3_000), turn)
    }
    timeline.after(1_000, turn)
    if (this.#hasConsumers) this.#beginGrowing()
  }

  get #hasConsumers(): boolean {
    return this.#options.swarm.protocols.some(protocol => protocol !== 'classic')
  }

  /** The topics that only members of the consumer protocol want come and become larger. */
  #beginGrowing(): void {
    const { surroundings, swarm, topics, grow } = this.#options
    const random = surroundings.random.fork('growth')
    const turn = (): void => {
      const isNow = random.chance(0.3 * swarm.rates['new-partitions'])
      const name = random.pick(GROWING_TOPICS)
      if (!this.isTroubled) return
      const partitionCount = topics.names.includes(name) ? topics.get(name).partitionCount : 0
      if (isNow && partitionCount < GROWN_MAX) grow(name, partitionCount + 1)
      surroundings.timeline.after(random.between(2_000, 10_000), turn)
    }
    surroundings.timeline.after(5_000, turn)
  }

  /** Everything that a group has committed. */
  fetchAll(groupId: string): void {
    this.#send(offsetFetchApi, this.#random.pick([8, 9]), { groups: [{ groupId, topics: null }] })
  }

  #act(): void {
    const { swarm, groupIds } = this.#options
    const { rates } = swarm
    const groupId = this.#random.pick(groupIds)
    const { name: topic, partitionCount } = this.#topic()
    const partition = this.#random.below(partitionCount)
    const offset = this.#random.below(1_000)
    const isLook = this.#random.chance(rates.admin)
    const isDeleteGroup = this.#random.chance(0.2 * rates['delete-group'])
    const isDeleteOffset = this.#random.chance(0.3 * rates['delete-offsets'])
    const isCommit = this.#random.chance(0.4 * rates['tool-commit'])
    if (isLook) this.#look(groupId)
    if (isDeleteGroup) this.#send(deleteGroupsApi, 2, { groupsNames: [groupId] })
    if (isDeleteOffset) {
      const topics = [{ name: topic, partitions: [{ partitionIndex: partition }] }]
      this.#send(offsetDeleteApi, 0, { groupId, topics })
    }
    if (!isCommit) return
    const committedMetadata = `operator/${++this.#commits}`
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata }]
    const body = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name: topic, partitions }] }
    this.#send(offsetCommitApi, this.#random.pick([5, 8, 9]), body)
  }

  #topic(): Topic {
    const topics = this.#options.topics.all()
    // Seeds with one topic draw nothing for it.
    return topics.length === 1 ? (topics[0] as Topic) : this.#random.pick(topics)
  }

  #look(groupId: string): void {
    this.#send(describeGroupsApi, 5, { groups: [groupId], includeAuthorizedOperations: false })
    this.#send(listGroupsApi, 5, { statesFilter: [], typesFilter: [] })
    if (this.#hasConsumers) {
      this.#send(consumerGroupDescribeApi, 1, { groupIds: [groupId], includeAuthorizedOperations: false })
    }
    this.fetchAll(groupId)
  }

  #send<Req, Res>(api: ApiSchema<Req, Res>, version: number, body: Input<Req>): void {
    const { network } = this.#options.surroundings
    network.send({ from: 'operator', api, version, body, timeoutMs: TIMEOUT_MS, done: () => {} })
  }
}
