// Serves v1–9. v2: null topics, all offsets of the group; an error of the whole. v5: leader epochs. v7: require
// stable. v8: many groups. v9: members of the consumer protocol. v10: topic ids instead of names.
import type { Clock } from '@streambus/base'
import { Errors, type OffsetFetchRequest, type OffsetFetchResponse, offsetFetchApi } from '@streambus/protocol'
import type { MetadataImage } from '../controller/image.ts'
import type { OffsetCaller } from '../coordinator/group/group.ts'
import { errorNameOf, type FetchedOffset, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { eachInTurns } from './each-in-turns.ts'
import type { Handler } from './handler.ts'

const WHOLE_ERROR_VERSION = 2
const MANY_VERSION = 8
const TOPIC_ID_VERSION = 10

/** What is asked of one group, in whatever version. */
interface GroupRequest {
  readonly groupId: string
  readonly memberId: string | null
  readonly memberEpoch: number
  /** Null: all that the group has. Only one of name and id is meant. */
  readonly topics: readonly TopicRequest[] | null
}

interface TopicRequest {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

type TopicAnswer = ({ readonly name: string } | { readonly topicId: string }) & {
  readonly partitions: readonly PartitionAnswer[]
}

interface PartitionAnswer {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

interface Dependencies {
  readonly groups: GroupCoordinator
  readonly image: MetadataImage
  readonly clock: Clock
}

/** A topic as the request names it, and its name; null when no topic has the id. */
interface Wanted {
  readonly said: { readonly name: string } | { readonly topicId: string }
  readonly topic: string | null
  readonly partitionIndexes: readonly number[]
}

export function offsetFetchHandler(dependencies: Dependencies): Handler<OffsetFetchRequest, OffsetFetchResponse> {
  return {
    api: offsetFetchApi,
    async handle(request, { apiVersion }) {
      if (apiVersion >= MANY_VERSION) {
        const answer = (group: GroupRequest) => answerOf(dependencies, group, apiVersion)
        return { groups: await eachInTurns(dependencies.clock, request.groups, answer) }
      }
      const { groupId } = request
      const topics =
        request.topics?.map(({ name, partitionIndexes }) => ({ name, topicId: '', partitionIndexes })) ?? null
      const answer = await answerOf(dependencies, { groupId, memberId: null, memberEpoch: -1, topics }, apiVersion)
      const { errorCode } = answer
      if (apiVersion >= WHOLE_ERROR_VERSION) return { topics: answer.topics, errorCode }
      return { topics: errorCode === Errors.NONE.code ? answer.topics : failed(topics ?? [], errorCode) }
    }
  }
}

async function answerOf(
  { groups, image }: Dependencies,
  { groupId, memberId, memberEpoch, topics }: GroupRequest,
  apiVersion: number
): Promise<{ groupId: string; topics: TopicAnswer[]; errorCode: number }> {
  const caller: OffsetCaller = { memberId: memberId ?? '', instanceId: null, epoch: memberEpoch, apiVersion }
  const hasIds = apiVersion >= TOPIC_ID_VERSION
  try {
    if (topics === null) {
      const all = await groups.fetchOffsets(groupId, caller, null)
      return { groupId, topics: byTopic(all, hasIds ? name => idOf(image, name) : null), errorCode: Errors.NONE.code }
    }
    const wanted = topics.map(({ name, topicId, partitionIndexes }): Wanted => {
      return hasIds
        ? { said: { topicId }, topic: image.topicById(topicId)?.name ?? null, partitionIndexes }
        : { said: { name }, topic: name, partitionIndexes }
    })
    const known = wanted.flatMap(({ topic, partitionIndexes }) =>
      topic === null ? [] : partitionIndexes.map(partition => ({ topic, partition }))
    )
    const fetched = (await groups.fetchOffsets(groupId, caller, known)).values()
    return { groupId, topics: wanted.map(each => topicAnswer(each, fetched)), errorCode: Errors.NONE.code }
  } catch (error) {
    return { groupId, topics: [], errorCode: Errors[errorNameOf(error)].code }
  }
}

/** Takes as many of `fetched` as the topic has partitions. */
function topicAnswer({ said, topic, partitionIndexes }: Wanted, fetched: Iterator<FetchedOffset>): TopicAnswer {
  const partitions = partitionIndexes.map(partitionIndex => {
    if (topic === null) return nothingAt(partitionIndex, Errors.UNKNOWN_TOPIC_ID.code)
    return partitionAnswer(fetched.next().value as FetchedOffset)
  })
  return { ...said, partitions }
}

/** `idOf`: null to answer with names; topics that have no id any more are left out. */
function byTopic(
  all: readonly FetchedOffset[],
  topicIdOf: ((name: string) => string | undefined) | null
): TopicAnswer[] {
  const answers = new Map<string, PartitionAnswer[]>()
  for (const offset of all) {
    const partitions = answers.get(offset.topic)
    if (partitions === undefined) answers.set(offset.topic, [partitionAnswer(offset)])
    else partitions.push(partitionAnswer(offset))
  }
  return [...answers].flatMap(([name, partitions]): TopicAnswer[] => {
    if (topicIdOf === null) return [{ name, partitions }]
    const topicId = topicIdOf(name)
    return topicId === undefined ? [] : [{ topicId, partitions }]
  })
}

function partitionAnswer({ partition: partitionIndex, committed }: FetchedOffset): PartitionAnswer {
  if (committed === null) return nothingAt(partitionIndex, Errors.NONE.code)
  const { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata } = committed
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode: Errors.NONE.code }
}

function nothingAt(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }
}

/** Version 1 has no other place for an error. */
function failed(topics: readonly TopicRequest[], errorCode: number): TopicAnswer[] {
  return topics.map(({ name, partitionIndexes }) => {
    return { name, partitions: partitionIndexes.map(partition => nothingAt(partition, errorCode)) }
  })
}

function idOf(image: MetadataImage, name: string): string | undefined {
  return image.topicByName(name)?.id
}
