// Serves v1–4. v1: sources and synonyms. v3: types and documentation.
import {
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  describeConfigsApi,
  Errors,
  type Input
} from '@streambus/protocol'
import type { MetadataImage } from '../controller/image.ts'
import { type ConfigCatalogue, type ConfigRow, ConfigSources } from './config-catalogue.ts'
import { type ConfigTarget, invalid, repeatedResources, resolveResource, resourceKey } from './config-resource.ts'
import type { Handler } from './handler.ts'

/** An answer has about 10 KiB a resource; tools that look at many topics ask in pages well below this. */
const RESOURCES_MAX = 10_000

type ResourceRequest = DescribeConfigsRequest['resources'][number]
type ResourceAnswer = Input<DescribeConfigsResponse>['results'][number]
type ConfigAnswer = ResourceAnswer['configs'][number]

export interface DescribeConfigsDependencies {
  readonly nodeId: number
  readonly image: MetadataImage
  readonly configs: ConfigCatalogue
}

export function describeConfigsHandler(
  dependencies: DescribeConfigsDependencies
): Handler<DescribeConfigsRequest, DescribeConfigsResponse> {
  return {
    api: describeConfigsApi,
    handle(request) {
      const { resources } = request
      // Repetitions would let a small request ask for an answer without bounds.
      const repeated = repeatedResources(resources)
      const results = resources.map((resource, i): ResourceAnswer => {
        const { resourceType, resourceName } = resource
        const named = { resourceType, resourceName }
        const target = repeated.has(resourceKey(resource))
          ? invalid('the resource appears twice in the request')
          : i >= RESOURCES_MAX
            ? invalid(`a request may describe at most ${RESOURCES_MAX} resources; ask for the others in another one`)
            : resolveResource(resource, dependencies)
        if ('errorCode' in target) return { ...named, ...target, configs: [] }
        const rows = wanted(rowsOf(dependencies, target), resource)
        return {
          ...named,
          errorCode: Errors.NONE.code,
          errorMessage: null,
          configs: rows.map(row => show(row, request))
        }
      })
      return { results }
    }
  }
}

function rowsOf(
  { image, configs }: DescribeConfigsDependencies,
  { resource, name }: ConfigTarget
): readonly ConfigRow[] {
  const own = image.configsOf(resource, name)
  if (resource === 'topic') return configs.describeTopic(own)
  const rows = configs.describeBroker()
  return name === '' ? defaultsOf(rows, own) : rows
}

/** The default of all brokers is only what was set for them all, whatever this broker overrides. */
function defaultsOf(rows: readonly ConfigRow[], own: ReadonlyMap<string, string>): ConfigRow[] {
  const source = ConfigSources.DYNAMIC_DEFAULT_BROKER
  return rows
    .filter(row => own.has(row.name))
    .map(row => {
      const value = row.isSensitive ? null : (own.get(row.name) ?? null)
      return { ...row, value, source, synonyms: [{ name: row.name, value, source }] }
    })
}

/** Null and empty key lists mean every key, as in Kafka. Keys that do not exist are left out. */
function wanted(rows: readonly ConfigRow[], { configurationKeys }: ResourceRequest): readonly ConfigRow[] {
  if (configurationKeys === null || configurationKeys.length === 0) return rows
  const keys = new Set(configurationKeys)
  return rows.filter(row => keys.has(row.name))
}

function show(row: ConfigRow, { includeSynonyms, includeDocumentation }: DescribeConfigsRequest): ConfigAnswer {
  const hide = (value: string | null): string | null => (row.isSensitive ? null : value)
  return {
    name: row.name,
    value: hide(row.value),
    readOnly: row.isReadOnly,
    configSource: row.source,
    isSensitive: row.isSensitive,
    synonyms: includeSynonyms
      ? row.synonyms.map(({ name, value, source }) => ({ name, value: hide(value), source }))
      : [],
    configType: row.type,
    documentation: includeDocumentation ? row.documentation : null
  }
}
