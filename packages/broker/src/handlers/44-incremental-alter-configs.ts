// Serves v0–1. Changes single keys of a resource (KIP-339).
import {
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  incrementalAlterConfigsApi
} from '@streambus/protocol'
import type { ConfigChange, Refusal } from '../controller/controller.ts'
import { type AlterConfigsDependencies, alterResources, checked, invalidConfig } from './alter-resources.ts'
import { type ConfigCatalogue, type ConfigRow, LIST_TYPE } from './config-catalogue.ts'
import { type ConfigTarget, invalid } from './config-resource.ts'
import type { Handler } from './handler.ts'

const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

type ResourceRequest = IncrementalAlterConfigsRequest['resources'][number]
type Operation = ResourceRequest['configs'][number]

export function incrementalAlterConfigsHandler(
  dependencies: AlterConfigsDependencies
): Handler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> {
  return {
    api: incrementalAlterConfigsApi,
    async handle(request) {
      const change = (resource: ResourceRequest, target: ConfigTarget) =>
        changeOf(dependencies.configs, resource, target)
      return { responses: await alterResources(dependencies, request, change) }
    }
  }
}

function changeOf(configs: ConfigCatalogue, request: ResourceRequest, { resource }: ConfigTarget): ConfigChange {
  return current => {
    const rows = resource === 'topic' ? configs.describeTopic(current) : configs.describeBroker()
    const rowByName = new Map(rows.map(row => [row.name, row]))
    const changes = new Map<string, string | null>()
    for (const operation of request.configs) {
      const { name } = operation
      if (changes.has(name)) return invalid(`${name} appears twice for one resource`)
      const value = resultOf(operation, rowByName.get(name), current.get(name))
      if (value !== null && typeof value !== 'string') return value
      changes.set(name, value)
    }
    return checked({ configs, resource }, current, changes)
  }
}

/** The key's new value, null to take it back, or what is wrong. `own` is the value the resource itself has. */
function resultOf(operation: Operation, row: ConfigRow | undefined, own: string | undefined): string | null | Refusal {
  const { name, configOperation, value } = operation
  if (configOperation === DELETE) {
    // A key that an older program stored may be unknown by now and must still go.
    return row === undefined && own === undefined ? invalidConfig(`${name} is not a setting of this resource`) : null
  }
  if (configOperation !== SET && configOperation !== APPEND && configOperation !== SUBTRACT) {
    return invalid(`${name}: operation ${configOperation} is none of 0 (set), 1 (delete), 2 (append), 3 (subtract)`)
  }
  if (value === null) return invalid(`${name} is null; delete (1) takes a setting back`)
  if (configOperation === SET) return value
  if (row === undefined) return invalidConfig(`${name} is not a setting of this resource`)
  if (row.type !== LIST_TYPE) return invalidConfig(`${name} is not a list; only set (0) and delete (1) can change it`)
  const present = items(own ?? row.value ?? '')
  const named = items(value)
  const result =
    configOperation === APPEND ? [...new Set([...present, ...named])] : present.filter(item => !named.includes(item))
  return result.join(',')
}

function items(list: string): string[] {
  return list
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}
