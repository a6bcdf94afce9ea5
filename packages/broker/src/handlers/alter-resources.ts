import { Errors } from '@streambus/protocol'
import type { ConfigChange, Controller, Refusal } from '../controller/controller.ts'
import type { ConfigResource } from '../controller/records.ts'
import type { ConfigCatalogue } from './config-catalogue.ts'
import {
  type ConfigTarget,
  invalid,
  type NamedResource,
  repeatedResources,
  resolveResource,
  resourceKey
} from './config-resource.ts'

export interface AlterConfigsDependencies {
  readonly nodeId: number
  readonly controller: Controller
  readonly configs: ConfigCatalogue
}

/** An answer to one resource, in the shape both requests share. */
export interface AlteredResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

/**
 * Changes every resource by its own, in order; one that is refused leaves the others alone. `change` says what a
 * request means for its target.
 */
export function alterResources<R extends NamedResource>(
  dependencies: AlterConfigsDependencies,
  { resources, validateOnly }: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  change: (request: R, target: ConfigTarget) => ConfigChange
): Promise<AlteredResource[]> {
  const { controller, nodeId } = dependencies
  const repeated = repeatedResources(resources)
  return Promise.all(
    resources.map(async request => {
      const { resourceType, resourceName } = request
      const target = repeated.has(resourceKey(request))
        ? invalid('the resource appears twice in the request')
        : resolveResource(request, { image: controller.image, nodeId })
      const { errorCode, errorMessage } =
        'errorCode' in target
          ? target
          : await controller.alterConfigs({ ...target, validateOnly, compute: change(request, target) })
      return {
        resourceType,
        resourceName,
        errorCode,
        errorMessage: errorCode === Errors.NONE.code ? null : errorMessage
      }
    })
  )
}

/** `changes` when the resource can have what results from them, otherwise why not. */
export function checked(
  { configs, resource }: { readonly configs: ConfigCatalogue; readonly resource: ConfigResource },
  current: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, string | null>
): ReadonlyMap<string, string | null> | Refusal {
  const result = new Map(current)
  for (const [key, value] of changes) {
    if (value === null) result.delete(key)
    else result.set(key, value)
  }
  const problem = configs.problem(resource, result)
  return problem === null ? changes : invalidConfig(problem)
}

export function invalidConfig(errorMessage: string): Refusal {
  return { errorCode: Errors.INVALID_CONFIG.code, errorMessage }
}
