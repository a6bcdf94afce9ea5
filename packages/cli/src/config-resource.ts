import { type DescribeConfigsResponse, describeConfigsApi, incrementalAlterConfigsApi } from '@streambus/protocol'
import type { ClusterClient, Connection } from '@streambus/wire-client'
import { check } from './answers.ts'
import { parseWhole, UsageError } from './usage-error.ts'

export const ResourceType = { topic: 2, broker: 4 } as const

export interface Resource {
  readonly type: (typeof ResourceType)[keyof typeof ResourceType]
  /** Topic name, broker id, or '' for the default of all brokers. */
  readonly name: string
}

/** AlterConfigOp.OpType of Kafka. */
export const SET = 0
export const DELETE = 1

export interface ConfigChange {
  readonly name: string
  readonly value: string | null
  readonly operation: typeof SET | typeof DELETE
}

export type ConfigEntry = DescribeConfigsResponse['results'][number]['configs'][number]

const BROKER_ID_MAX = 2 ** 31 - 1

/** Reads `topic NAME` or `broker ID|default`. Throws UsageError. */
export function parseResource(kind: string, name: string): Resource {
  if (kind === 'topic') return { type: ResourceType.topic, name }
  if (kind !== 'broker') throw new UsageError(`kind is '${kind}'; 'topic' or 'broker' is expected`)
  if (name === 'default') return { type: ResourceType.broker, name: '' }
  return { type: ResourceType.broker, name: String(parseWhole(name, 'broker id', { min: 0, max: BROKER_ID_MAX })) }
}

/** In words, for messages: `topic orders`, `broker 1`, `all brokers`. */
export function describeResource({ type, name }: Resource): string {
  if (type === ResourceType.topic) return `topic ${name}`
  return name === '' ? 'all brokers' : `broker ${name}`
}

/** All settings of one resource. Throws BrokerError. */
export async function describeConfigs(cluster: ClusterClient, resource: Resource): Promise<readonly ConfigEntry[]> {
  const resources = [{ resourceType: resource.type, resourceName: resource.name, configurationKeys: null }]
  const { results } = await cluster.retry(async () =>
    (await connectionFor(cluster, resource)).send(describeConfigsApi, { resources })
  )
  for (const result of results) check(describeResource(resource), result)
  return results.flatMap(result => result.configs)
}

/** Changes single settings and leaves the others as they are (KIP-339). Throws BrokerError. */
export async function alterConfigs(
  cluster: ClusterClient,
  options: { readonly resource: Resource; readonly changes: readonly ConfigChange[]; readonly validateOnly: boolean }
): Promise<void> {
  const { resource, validateOnly } = options
  const configs = options.changes.map(({ name, value, operation }) => ({ name, value, configOperation: operation }))
  const resources = [{ resourceType: resource.type, resourceName: resource.name, configs }]
  const { responses } = await cluster.retry(async () =>
    (await connectionFor(cluster, resource)).send(incrementalAlterConfigsApi, { resources, validateOnly })
  )
  for (const response of responses) check(describeResource(resource), response)
}

/** A broker's own settings are known to that broker only. */
function connectionFor(cluster: ClusterClient, { type, name }: Resource): Promise<Connection> {
  if (type === ResourceType.broker && name !== '') return cluster.node(Number(name))
  return cluster.controller()
}
