// Serves v0–2. Replaces all of a resource's own settings: what is not listed goes back to its default.
import { type AlterConfigsRequest, type AlterConfigsResponse, alterConfigsApi } from '@streambus/protocol'
import type { Refusal } from '../controller/controller.ts'
import { type AlterConfigsDependencies, alterResources, checked } from './alter-resources.ts'
import { invalid } from './config-resource.ts'
import type { Handler } from './handler.ts'

type ResourceRequest = AlterConfigsRequest['resources'][number]

export function alterConfigsHandler(
  dependencies: AlterConfigsDependencies
): Handler<AlterConfigsRequest, AlterConfigsResponse> {
  const { configs } = dependencies
  return {
    api: alterConfigsApi,
    async handle(request) {
      const responses = await alterResources(dependencies, request, (resource, target) => current => {
        const changes = replacement(resource, current)
        return 'errorCode' in changes ? changes : checked({ configs, resource: target.resource }, current, changes)
      })
      return { responses }
    }
  }
}

function replacement(
  { configs }: ResourceRequest,
  current: ReadonlyMap<string, string>
): Map<string, string | null> | Refusal {
  const wanted = new Map<string, string | null>()
  for (const { name, value } of configs) {
    if (wanted.has(name)) return invalid(`${name} appears twice for one resource`)
    if (value === null) return invalid(`${name} is null; leave it out to go back to its default`)
    wanted.set(name, value)
  }
  for (const key of current.keys()) if (!wanted.has(key)) wanted.set(key, null)
  return wanted
}
