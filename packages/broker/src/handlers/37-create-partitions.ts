// Serves v0–3. `count` is the new total; partitions never become fewer.
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  createPartitionsApi,
  Errors,
  type Input
} from '@streambus/protocol'
import { type Controller, PARTITIONS_PER_REQUEST_MAX, type Refusal } from '../controller/controller.ts'
import { invalid } from './config-resource.ts'
import type { Handler } from './handler.ts'

type TopicRequest = CreatePartitionsRequest['topics'][number]
type TopicAnswer = Input<CreatePartitionsResponse>['results'][number]

export function createPartitionsHandler(dependencies: {
  readonly controller: Controller
}): Handler<CreatePartitionsRequest, CreatePartitionsResponse> {
  const { controller } = dependencies
  return {
    api: createPartitionsApi,
    async handle({ topics, validateOnly }) {
      const refusals = refusalsOf(controller, topics)
      const results = [...new Map(topics.map(topic => [topic.name, topic])).values()].map(
        async (topic): Promise<TopicAnswer> => {
          const { name, count, assignments } = topic
          const replicas = assignments?.map(({ brokerIds }) => brokerIds) ?? null
          const { errorCode, errorMessage } =
            refusals.get(name) ??
            (await controller.createPartitions({ name, partitionCount: count, assignments: replicas, validateOnly }))
          return { name, errorCode, errorMessage: errorCode === Errors.NONE.code ? null : errorMessage }
        }
      )
      return { results: await Promise.all(results) }
    }
  }
}

/** By topic, what is wrong with the request as a whole: a topic named twice, too many partitions in all. */
function refusalsOf({ image }: Controller, topics: readonly TopicRequest[]): ReadonlyMap<string, Refusal> {
  const refusals = new Map<string, Refusal>()
  const seen = new Set<string>()
  let added = 0
  for (const { name, count } of topics) {
    if (seen.has(name)) refusals.set(name, invalid(`topic ${name} appears twice in the request`))
    seen.add(name)
    const more = Math.max(count - (image.topicByName(name)?.partitions.length ?? count), 0)
    if (added + more <= PARTITIONS_PER_REQUEST_MAX) added += more
    else if (!refusals.has(name)) {
      const errorMessage = `${more} more partitions: a request may add at most ${PARTITIONS_PER_REQUEST_MAX} in all`
      refusals.set(name, { errorCode: Errors.INVALID_PARTITIONS.code, errorMessage })
    }
  }
  return refusals
}
