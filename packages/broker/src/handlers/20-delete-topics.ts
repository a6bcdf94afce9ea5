// Serves v0–6. v3: deletion switched off has its own error. v5: messages. v6: topics by name or id.
import {
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  deleteTopicsApi,
  Errors,
  type Input,
  ZERO_UUID
} from '@streambus/protocol'
import type { Controller, Refusal } from '../controller/controller.ts'
import type { TopicImage } from '../controller/image.ts'
import { invalid } from './config-resource.ts'
import type { Handler, RequestContext } from './handler.ts'

const IDS_SINCE = 6
const DISABLED_SINCE = 3

type TopicAnswer = Input<DeleteTopicsResponse>['responses'][number]

interface Wish {
  readonly name: string | null
  readonly topicId: string
}

export interface DeleteTopicsDependencies {
  readonly controller: Controller
  /** `delete.topic.enable`. */
  readonly isEnabled: () => boolean
}

export function deleteTopicsHandler(
  dependencies: DeleteTopicsDependencies
): Handler<DeleteTopicsRequest, DeleteTopicsResponse> {
  return {
    api: deleteTopicsApi,
    async handle(request, context) {
      const wishes =
        context.apiVersion >= IDS_SINCE
          ? request.topics
          : request.topicNames.map(name => ({ name, topicId: ZERO_UUID }))
      if (!dependencies.isEnabled()) return { responses: wishes.map(wish => ({ ...wish, ...disabled(context) })) }
      const { image } = dependencies.controller
      const found = wishes.map(wish =>
        wish.name === null ? image.topicById(wish.topicId) : image.topicByName(wish.name)
      )
      const repeated = repeats(wishes, found)
      const responses = wishes.map(async (wish, i): Promise<TopicAnswer> => {
        const refusal = repeated.has(i) ? invalid('the topic appears twice in the request') : malformed(wish)
        return refusal === null ? remove(dependencies.controller, wish, found[i]) : { ...wish, ...refusal }
      })
      return { responses: await Promise.all(responses) }
    }
  }
}

/** Positions of wishes that mean a topic which another wish means, too, be it by name or by id. */
function repeats(wishes: readonly Wish[], found: readonly (TopicImage | undefined)[]): ReadonlySet<number> {
  const firstOf = new Map<string, number>()
  const repeated = new Set<number>()
  wishes.forEach((wish, i) => {
    const key = found[i]?.id ?? wish.name ?? wish.topicId
    const first = firstOf.get(key)
    if (first === undefined) firstOf.set(key, i)
    else repeated.add(first).add(i)
  })
  return repeated
}

function malformed({ name, topicId }: Wish): Refusal | null {
  const isNamed = name !== null
  const isIdentified = topicId !== ZERO_UUID
  if (isNamed === isIdentified) return invalid('a topic is named either by its name or by its id')
  return null
}

async function remove(controller: Controller, wish: Wish, topic: TopicImage | undefined): Promise<TopicAnswer> {
  const isGone = topic === undefined || (await controller.deleteTopic(topic.id)).errorCode !== Errors.NONE.code
  if (!isGone) return { name: topic.name, topicId: topic.id, errorCode: Errors.NONE.code }
  const error = wish.name === null ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION
  const errorMessage = wish.name === null ? `no topic has the id ${wish.topicId}` : `topic ${wish.name} does not exist`
  return { ...wish, errorCode: error.code, errorMessage }
}

function disabled({ apiVersion }: RequestContext): Refusal {
  const error = apiVersion < DISABLED_SINCE ? Errors.INVALID_REQUEST : Errors.TOPIC_DELETION_DISABLED
  return {
    errorCode: error.code,
    errorMessage: 'deleting topics is switched off; set delete.topic.enable=true to allow it'
  }
}
