// Serves v0. Topics in the order of their names, page by page; a page counts partitions (KIP-966).

import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  describeTopicPartitionsApi,
  Errors,
  type Input,
  ZERO_UUID
} from '@streambus/protocol'
import type { MetadataImage, PartitionImage, TopicImage } from '../controller/image.ts'
import { INTERNAL_TOPICS, nameProblem } from '../controller/topic-names.ts'
import { TOPIC_OPERATIONS } from './authorized-operations.ts'
import type { Handler } from './handler.ts'

const PARTITIONS_PER_PAGE_MAX = 2_000

type Answer = Input<DescribeTopicPartitionsResponse>
type TopicAnswer = Answer['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]
type Cursor = NonNullable<DescribeTopicPartitionsRequest['cursor']>

export interface DescribeTopicPartitionsDependencies {
  readonly image: MetadataImage
  /** The partition exists and its log cannot be used. */
  readonly isOffline: (topic: string, partition: number) => boolean
}

export function describeTopicPartitionsHandler(
  dependencies: DescribeTopicPartitionsDependencies
): Handler<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse> {
  return {
    api: describeTopicPartitionsApi,
    handle(request) {
      const asked = new Set(request.topics.map(({ name }) => name))
      const { cursor } = request
      if (cursor !== null && !fits(cursor, asked)) return refuse(cursor, asked)
      return page(dependencies, asked, request)
    }
  }
}

/** A cursor comes from the page before: it names a topic of the same list, if there is one. */
function fits({ topicName, partitionIndex }: Cursor, asked: ReadonlySet<string>): boolean {
  return partitionIndex >= 0 && (asked.size === 0 || asked.has(topicName))
}

/** The answer has no error of its own: each topic carries it. */
function refuse({ topicName }: Cursor, asked: ReadonlySet<string>): Answer {
  const names = asked.size === 0 ? [topicName] : [...asked]
  return { topics: names.map(name => failed(name, Errors.INVALID_REQUEST.code)) }
}

function page(
  dependencies: DescribeTopicPartitionsDependencies,
  asked: ReadonlySet<string>,
  { cursor, responsePartitionLimit }: DescribeTopicPartitionsRequest
): Answer {
  let left = Math.max(Math.min(responsePartitionLimit, PARTITIONS_PER_PAGE_MAX), 1)
  const topics: TopicAnswer[] = []
  for (const name of namesFrom(dependencies.image, asked, cursor)) {
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const topic = dependencies.image.topicByName(name)
    if (topic === undefined) {
      topics.push(failed(name, missing(name)))
      continue
    }
    const from = name === cursor?.topicName ? cursor.partitionIndex : 0
    const partitions = topic.partitions.slice(from, from + left)
    topics.push(describe(dependencies, topic, partitions))
    left -= partitions.length
    const next = from + partitions.length
    if (next < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: next } }
  }
  return { topics, nextCursor: null }
}

/** Names to describe, in order, from the cursor's on. */
function namesFrom(image: MetadataImage, asked: ReadonlySet<string>, cursor: Cursor | null): string[] {
  const names = asked.size === 0 ? [...image.topics()].map(({ name }) => name) : [...asked]
  return names.filter(name => cursor === null || name >= cursor.topicName).sort()
}

function describe(
  { isOffline }: DescribeTopicPartitionsDependencies,
  { name, id }: TopicImage,
  partitions: readonly PartitionImage[]
): TopicAnswer {
  return {
    errorCode: Errors.NONE.code,
    name,
    topicId: id,
    isInternal: INTERNAL_TOPICS.has(name),
    partitions: partitions.map(partition => describePartition(partition, isOffline(name, partition.index))),
    topicAuthorizedOperations: TOPIC_OPERATIONS
  }
}

function describePartition(partition: PartitionImage, isGone: boolean): PartitionAnswer {
  return {
    errorCode: (isGone ? Errors.LEADER_NOT_AVAILABLE : Errors.NONE).code,
    partitionIndex: partition.index,
    leaderId: isGone ? -1 : partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: [...partition.isr],
    // Null is allowed by the protocol and fatal to Kafka's Java client.
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: isGone ? [...partition.replicas] : []
  }
}

function missing(name: string): number {
  return (nameProblem(name) === null ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION).code
}

function failed(name: string, errorCode: number): TopicAnswer {
  return { errorCode, name, topicId: ZERO_UUID, partitions: [] }
}
