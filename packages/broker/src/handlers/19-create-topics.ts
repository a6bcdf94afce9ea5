// Serves v0–7. v1: validate_only. −1 counts mean the broker's defaults: from v4 on by the protocol, before that for
// clients such as KafkaJS. v5: the settings in force. v7: the id.
import {
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  createTopicsApi,
  Errors,
  type Input,
  ZERO_UUID
} from '@streambus/protocol'
import type { Controller, NewTopic, Refusal } from '../controller/controller.ts'
import type { TopicImage } from '../controller/image.ts'
import type { ConfigCatalogue } from './config-catalogue.ts'
import { invalid } from './config-resource.ts'
import type { Handler, RequestContext } from './handler.ts'

const CONFIGS_SINCE = 5

type TopicRequest = CreateTopicsRequest['topics'][number]
type TopicAnswer = Input<CreateTopicsResponse>['topics'][number]
type ConfigAnswer = NonNullable<TopicAnswer['configs']>[number]

export interface CreateTopicsDependencies {
  readonly controller: Controller
  readonly configs: ConfigCatalogue
}

/** Topics that are answered without an error take records at once. */
export function createTopicsHandler(
  dependencies: CreateTopicsDependencies
): Handler<CreateTopicsRequest, CreateTopicsResponse> {
  return {
    api: createTopicsApi,
    async handle({ topics, validateOnly }, context) {
      const answers = new Map<string, TopicAnswer>()
      const wishes: NewTopic[] = []
      for (const [name, requests] of byName(topics)) {
        const wish = requests.length > 1 ? invalid(`topic ${name} appears twice in the request`) : wishOf(requests[0])
        if ('errorCode' in wish) answers.set(name, { name, ...wish, configs: null })
        else wishes.push(wish)
        if (!answers.has(name))
          answers.set(name, { name, errorCode: Errors.NONE.code, errorMessage: null, configs: null })
      }
      const created = await dependencies.controller.createTopics(wishes, { validateOnly })
      const configsOf = configDescriber(dependencies.configs, context)
      created.forEach((answer, i) => {
        const { name } = wishes[i] as NewTopic
        const described =
          'topic' in answer ? describe(answer.topic, { validateOnly, configsOf }) : { name, ...answer, configs: null }
        answers.set(name, described)
      })
      return { topics: [...answers.values()] }
    }
  }
}

function byName(topics: readonly TopicRequest[]): ReadonlyMap<string, [TopicRequest, ...TopicRequest[]]> {
  const requests = new Map<string, [TopicRequest, ...TopicRequest[]]>()
  for (const topic of topics) {
    const same = requests.get(topic.name)
    if (same === undefined) requests.set(topic.name, [topic])
    else same.push(topic)
  }
  return requests
}

/** What the topic shall be, or what is wrong with the request itself. The controller judges the rest. */
function wishOf(topic: TopicRequest): NewTopic | Refusal {
  const { name, numPartitions: partitionCount, replicationFactor } = topic
  const assignments = assignmentsOf(topic)
  if (assignments !== null && 'errorCode' in assignments) return assignments
  const configs = new Map<string, string>()
  for (const { name: key, value } of topic.configs) {
    if (configs.has(key)) return invalid(`${key} is set twice for topic ${name}`)
    if (value === null)
      return { errorCode: Errors.INVALID_CONFIG.code, errorMessage: `${key} is null; leave it out for the default` }
    configs.set(key, value)
  }
  return { name, partitionCount, replicationFactor, assignments, configs }
}

/** Replicas by partition; null when the request leaves them to the broker. */
function assignmentsOf(topic: TopicRequest): (readonly number[])[] | Refusal | null {
  const { assignments, numPartitions, replicationFactor } = topic
  if (assignments.length === 0) return null
  if (numPartitions !== -1 || replicationFactor !== -1) {
    return invalid('with replica assignments, the numbers of partitions and replicas must be -1')
  }
  const byIndex = new Map(assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, brokerIds]))
  const replicas: (readonly number[])[] = []
  for (let index = 0; index < assignments.length; index++) {
    const brokerIds = byIndex.get(index)
    if (brokerIds === undefined) {
      const errorMessage = `${assignments.length} assignments must be for partitions 0…${assignments.length - 1}, each once; ${index} is missing`
      return { errorCode: Errors.INVALID_REPLICA_ASSIGNMENT.code, errorMessage }
    }
    replicas.push(brokerIds)
  }
  return replicas
}

function describe(
  topic: TopicImage,
  {
    validateOnly,
    configsOf
  }: { readonly validateOnly: boolean; readonly configsOf: (topic: TopicImage) => ConfigAnswer[] | null }
): TopicAnswer {
  return {
    name: topic.name,
    // A topic that was not created has no id that anybody could use.
    topicId: validateOnly ? ZERO_UUID : topic.id,
    errorCode: Errors.NONE.code,
    errorMessage: null,
    numPartitions: topic.partitions.length,
    replicationFactor: topic.partitions[0]?.replicas.length ?? -1,
    configs: configsOf(topic)
  }
}

/** Topics without settings of their own, which are nearly all, share one description. */
function configDescriber(
  configs: ConfigCatalogue,
  { apiVersion }: RequestContext
): (topic: TopicImage) => ConfigAnswer[] | null {
  const rowsOf = (own: ReadonlyMap<string, string>): ConfigAnswer[] =>
    configs.describeTopic(own).map(({ name, value, isReadOnly, source, isSensitive }) => {
      return { name, value: isSensitive ? null : value, readOnly: isReadOnly, configSource: source, isSensitive }
    })
  let plain: ConfigAnswer[] | null = null
  return topic => {
    if (apiVersion < CONFIGS_SINCE) return null
    if (topic.configs.size > 0) return rowsOf(topic.configs)
    plain ??= rowsOf(topic.configs)
    return plain
  }
}
