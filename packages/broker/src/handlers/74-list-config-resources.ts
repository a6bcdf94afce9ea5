// Serves v0–1. v0 lists client metrics subscriptions, of which there are none; v1 any types (KIP-1142).
import {
  Errors,
  type Input,
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
  listConfigResourcesApi
} from '@streambus/protocol'
import type { MetadataImage } from '../controller/image.ts'
import { ResourceTypes } from './config-resource.ts'
import type { Handler } from './handler.ts'

const KNOWN: ReadonlySet<number> = new Set(Object.values(ResourceTypes))

type ResourceAnswer = Input<ListConfigResourcesResponse>['configResources'][number]

/** Known types that this broker has no resources of are empty; unknown ones are an error, as in Kafka. */
export function listConfigResourcesHandler(dependencies: {
  readonly image: MetadataImage
}): Handler<ListConfigResourcesRequest, ListConfigResourcesResponse> {
  const { image } = dependencies
  return {
    api: listConfigResourcesApi,
    handle({ resourceTypes }, { apiVersion }) {
      if (apiVersion === 0) return { errorCode: Errors.NONE.code, configResources: [] }
      const wanted = new Set(resourceTypes.length === 0 ? KNOWN : resourceTypes)
      for (const type of wanted) {
        if (!KNOWN.has(type)) return { errorCode: Errors.UNSUPPORTED_VERSION.code, configResources: [] }
      }
      const configResources: ResourceAnswer[] = []
      if (wanted.has(ResourceTypes.TOPIC)) {
        for (const { name } of image.topics())
          configResources.push({ resourceName: name, resourceType: ResourceTypes.TOPIC })
      }
      if (wanted.has(ResourceTypes.BROKER)) {
        for (const id of image.brokers.keys())
          configResources.push({ resourceName: String(id), resourceType: ResourceTypes.BROKER })
      }
      return { errorCode: Errors.NONE.code, configResources }
    }
  }
}
