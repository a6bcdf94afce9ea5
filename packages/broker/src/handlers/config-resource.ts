import { Errors } from '@streambus/protocol'
import type { Refusal } from '../controller/controller.ts'
import type { MetadataImage } from '../controller/image.ts'
import type { ConfigResource } from '../controller/records.ts'
import { nameProblem } from '../controller/topic-names.ts'

/** Kafka's `ConfigResource.Type` codes. */
export const ResourceTypes = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const

/** What a request names: a topic, this broker, or with the empty name the defaults of all brokers. */
export interface ConfigTarget {
  readonly resource: ConfigResource
  readonly name: string
}

export interface NamedResource {
  readonly resourceType: number
  readonly resourceName: string
}

/** The resource that a request means, or why this broker cannot serve it. */
export function resolveResource(
  { resourceType, resourceName: name }: NamedResource,
  { image, nodeId }: { readonly image: MetadataImage; readonly nodeId: number }
): ConfigTarget | Refusal {
  if (resourceType === ResourceTypes.TOPIC) {
    if (image.topicByName(name) !== undefined) return { resource: 'topic', name }
    if (name === '') return invalid('topics have no common default; give the name of one')
    const problem = nameProblem(name)
    if (problem !== null) return { errorCode: Errors.INVALID_TOPIC_EXCEPTION.code, errorMessage: problem }
    return { errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION.code, errorMessage: `topic ${name} does not exist` }
  }
  if (resourceType === ResourceTypes.BROKER) {
    if (name === '' || name === String(nodeId)) return { resource: 'broker', name }
    return invalid(
      `broker "${name}": this is broker ${nodeId}; ask for "${nodeId}", or for "" to see the default of all brokers`
    )
  }
  return invalid(`resource type ${resourceType} is not served; only topics (2) and brokers (4) are`)
}

/** The same for requests that change: there each resource may appear once, or the outcome would depend on order. */
export function repeatedResources(resources: readonly NamedResource[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const resource of resources) {
    const key = resourceKey(resource)
    if (seen.has(key)) repeated.add(key)
    seen.add(key)
  }
  return repeated
}

export function resourceKey({ resourceType, resourceName }: NamedResource): string {
  return `${resourceType}/${resourceName}`
}

export function invalid(errorMessage: string): Refusal {
  return { errorCode: Errors.INVALID_REQUEST.code, errorMessage }
}
