import { type Definition, catalogue as m } from '@streambus/metrics'
import type { DataSourceRef, Variable } from './grafana/model.ts'
import { LOKI } from './log-panels.ts'
import { PROMETHEUS } from './panel.ts'

const ALL = { selected: true, text: ['All'], value: ['$__all'] } as const

/** The data source to ask. Nothing is chosen: Grafana takes the default one, or the first of the kind. */
export function sourceVariable(name: string, kind: 'prometheus' | 'loki'): Variable {
  return {
    name,
    label: kind === 'prometheus' ? 'Data source' : 'Loki data source',
    description: kind === 'prometheus' ? 'Prometheus that scrapes the brokers.' : 'Loki that has their logs.',
    type: 'datasource',
    query: kind,
    current: {},
    hide: 0,
    includeAll: false,
    multi: false,
    options: [],
    refresh: 1,
    regex: '',
    skipUrlSync: false
  }
}

interface QueryVariable {
  readonly name: string
  readonly description: string
  readonly query: string
  /** What "All" stands for. Left out: everything that can be chosen, and nothing else. */
  readonly allValue?: string
}

function queryVariable(
  { name, description, query, allValue }: QueryVariable,
  datasource: DataSourceRef = PROMETHEUS
): Variable {
  return {
    name,
    label: name,
    description,
    type: 'query',
    datasource,
    definition: query,
    query: { qryType: 1, query, refId: `variable-${name}` },
    ...(allValue === undefined ? {} : { allValue }),
    current: ALL,
    hide: 0,
    includeAll: true,
    multi: true,
    options: [],
    // When the time range changes: what is gone is not offered any more.
    refresh: 2,
    regex: '',
    skipUrlSync: false,
    sort: 1
  }
}

const JOB = 'job=~"$job"'
const BROKERS = `${JOB},instance=~"$instance"`

/** `label` is checked against the metric's own by the compiler. */
function labelValues<Labels extends readonly string[]>(
  metric: Definition<'counter' | 'gauge', Labels>,
  label: Labels[number],
  where: string
): string {
  return `label_values(${metric.name}{${where}}, ${label})`
}

const EVERYTHING = { allValue: '.+' } as const

/**
 * All of them are not all jobs: `up` and the metrics of processes are everybody's, Prometheus' own, too. Asked of `up`,
 * because a broker that is down has nothing else; by name, because `up` says nothing else of who it is about.
 */
export const job = queryVariable({
  name: 'job',
  description: 'Jobs of Prometheus that scrape brokers: streambus, and those whose names begin so.',
  query: 'label_values(up{job=~"streambus.*"}, job)'
})

export const instance = queryVariable({
  ...EVERYTHING,
  name: 'instance',
  description: 'Brokers, by the address at which they are scraped.',
  query: `label_values(up{${JOB}}, instance)`
})

export const group = queryVariable({
  ...EVERYTHING,
  name: 'group',
  description: 'Consumer groups.',
  query: labelValues(m.consumerGroupInfo, 'group', BROKERS)
})

/** Of topics that groups have offsets for. */
export const groupTopic = queryVariable({
  ...EVERYTHING,
  name: 'topic',
  description: 'Topics that the chosen groups read.',
  query: labelValues(m.consumerGroupTopicLag, 'topic', `${BROKERS},group=~"$group"`)
})

export const topic = queryVariable({
  ...EVERYTHING,
  name: 'topic',
  description: 'Topics that have series of their own; the others are in __other__.',
  query: labelValues(m.topicPartitions, 'topic', BROKERS)
})

/** Chosen from a list that does not change. */
export function customVariable(name: string, description: string, values: readonly string[]): Variable {
  const [first = ''] = values
  return {
    name,
    label: name,
    description,
    type: 'custom',
    query: values.join(','),
    current: { selected: true, text: first, value: first },
    hide: 0,
    includeAll: false,
    multi: false,
    options: values.map((value, index) => ({ selected: index === 0, text: value, value })),
    skipUrlSync: false
  }
}

export function textVariable(name: string, label: string, description: string): Variable {
  return {
    name,
    label,
    description,
    type: 'textbox',
    query: '',
    current: { selected: false, text: '', value: '' },
    hide: 0,
    options: [{ selected: true, text: '', value: '' }],
    skipUrlSync: false
  }
}

/** A label of the streams in Loki. */
export function lokiLabel(name: string, description: string): Variable {
  const stream = '{service="streambus"}'
  return {
    ...queryVariable({ name, description, query: '' }, LOKI),
    definition: '',
    query: { label: name, refId: `variable-${name}`, stream, type: 1 },
    // Streams without the label count, too.
    allValue: '.*'
  }
}
