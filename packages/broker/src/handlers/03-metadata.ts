// Serves v0–13. v0: an empty list means all topics; from v1 null does. v4: auto-creation can be declined. v10: topic
// ids in answers; v12: topics asked for by id. v13: a top-level error field. Creation is finished before the answer.

import {
  Errors,
  type Input,
  type MetadataRequest,
  type MetadataResponse,
  metadataApi,
  ZERO_UUID
} from '@streambus/protocol'
import type { Controller } from '../controller/controller.ts'
import type { BrokerInfo, TopicImage } from '../controller/image.ts'
import { INTERNAL_TOPICS } from '../controller/topic-names.ts'
import type { Handler, RequestContext } from './handler.ts'

type TopicAnswer = Input<MetadataResponse>['topics'][number]
type TopicRequest = NonNullable<MetadataRequest['topics']>[number]

export interface MetadataDependencies {
  readonly controller: Controller
  readonly nodeId: number
  readonly isAutoCreateEnabled: () => boolean
  readonly isOffline: (topic: string, partition: number) => boolean
}

export function metadataHandler(dependencies: MetadataDependencies): Handler<MetadataRequest, MetadataResponse> {
  return {
    api: metadataApi,
    handle(request, context) {
      const { topics } = request
      const isAll = topics === null || (topics.length === 0 && context.apiVersion === 0)
      if (isAll) return answerAll(dependencies, context)
      const missing = missingNames(dependencies, request, topics)
      if (missing.length === 0) return answerSome(dependencies, topics, context)
      return createThenAnswer(dependencies, { topics, missing }, context)
    }
  }
}

/** Topics to create on the way: asked for by name, unknown, and allowed by both sides. */
function missingNames(
  { controller, isAutoCreateEnabled }: MetadataDependencies,
  request: MetadataRequest,
  topics: readonly TopicRequest[]
): string[] {
  if (!request.allowAutoTopicCreation || !isAutoCreateEnabled()) return []
  const { image } = controller
  const names = new Set<string>()
  for (const { name } of topics) {
    if (name !== null && !INTERNAL_TOPICS.has(name) && image.topicByName(name) === undefined) names.add(name)
  }
  return [...names]
}

async function createThenAnswer(
  dependencies: MetadataDependencies,
  { topics, missing }: { topics: readonly TopicRequest[]; missing: readonly string[] },
  context: RequestContext
): Promise<Input<MetadataResponse>> {
  const refusals = await dependencies.controller.ensureTopics(missing)
  return answerSome(dependencies, topics, context, refusals)
}

function answerAll(dependencies: MetadataDependencies, context: RequestContext): Input<MetadataResponse> {
  const topics: TopicAnswer[] = []
  for (const topic of dependencies.controller.image.topics()) topics.push(describe(dependencies, topic))
  return { ...frame(dependencies, context), topics }
}

function answerSome(
  dependencies: MetadataDependencies,
  asked: readonly TopicRequest[],
  context: RequestContext,
  refusals: ReadonlyMap<string, number> = new Map()
): Input<MetadataResponse> {
  const { image } = dependencies.controller
  const topics = asked.map(({ name, topicId }): TopicAnswer => {
    if (name === null) {
      // Only from v12 on an answer can go without a name, and only then may a topic be asked for by id.
      if (context.apiVersion < 12) return unknown('', topicId, Errors.INVALID_REQUEST.code)
      const topic = topicId === ZERO_UUID ? undefined : image.topicById(topicId)
      return topic === undefined ? unknown(null, topicId, Errors.UNKNOWN_TOPIC_ID.code) : describe(dependencies, topic)
    }
    const topic = image.topicByName(name)
    if (topic !== undefined) return describe(dependencies, topic)
    return unknown(name, ZERO_UUID, refusals.get(name) ?? Errors.UNKNOWN_TOPIC_OR_PARTITION.code)
  })
  return { ...frame(dependencies, context), topics }
}

/** Everything but the topics. Addresses are those that clients of the asking listener can reach. */
function frame({ controller, nodeId }: MetadataDependencies, { advertised }: RequestContext) {
  const { image } = controller
  const address = (broker: BrokerInfo) => (broker.nodeId === nodeId ? advertised : broker)
  return {
    brokers: [...image.brokers.values()].map(broker => ({
      nodeId: broker.nodeId,
      host: address(broker).host,
      port: address(broker).port,
      rack: broker.rack
    })),
    clusterId: image.clusterId,
    controllerId: image.controllerId,
    errorCode: Errors.NONE.code
  }
}

function describe({ isOffline }: MetadataDependencies, topic: TopicImage): TopicAnswer {
  return {
    errorCode: Errors.NONE.code,
    name: topic.name,
    topicId: topic.id,
    isInternal: INTERNAL_TOPICS.has(topic.name),
    partitions: topic.partitions.map(partition => {
      const isGone = isOffline(topic.name, partition.index)
      return {
        errorCode: isGone ? Errors.LEADER_NOT_AVAILABLE.code : Errors.NONE.code,
        partitionIndex: partition.index,
        leaderId: isGone ? -1 : partition.leader,
        leaderEpoch: partition.leaderEpoch,
        replicaNodes: [...partition.replicas],
        isrNodes: [...partition.isr],
        offlineReplicas: isGone ? [...partition.replicas] : []
      }
    })
  }
}

function unknown(name: string | null, topicId: string, errorCode: number): TopicAnswer {
  return { errorCode, name, topicId, partitions: [] }
}
