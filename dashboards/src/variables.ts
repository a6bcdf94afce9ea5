import { type Definition, catalogue as m } from '@streambus/metrics'
import type { DataSourceRef, Variable } from './grafana/model.ts'
import { LOKI } from './log-panels.ts'
import { PROMETHEUS } from './panel.ts'

const ALL = { selected: true, text: ['All'], value: ['$__all'] } as const

/**
 * The data source to ask. When a file is imported, the dialog puts what was chosen in the place of `${DS_…}`; when it
 * is provisioned nobody does, and Grafana takes the first source of the kind, because it knows none of that name.
 */
export function sourceVariable(name: string, kind: 'prometheus' | 'loki', input: string): Variable {
  return {
    name,
    label: kind === 'prometheus' ? 'Data source' : 'Loki data source',
    description: kind === 'prometheus' ? 'Prometheus that scrapes the brokers.' : 'Loki that has their logs.',
    type: 'datasource',
    query: kind,
    current: { selected: false, text: `\${${input}}`, value: `\${${input}}` },
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
}

function queryVariable({ name, description, query }: QueryVariable, datasource: DataSourceRef = PROMETHEUS): Variable {
  return {
    name,
    label: name,
    description,
    type: 'query',
    datasource,
    definition: query,
    query: { qryType: 1, query, refId: `variable-${name}` },
    allValue: '.+',
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
  label: Labels[number] | 'job' | 'instance',
  where: string
): string {
  return `label_values(${metric.name}${where === '' ? '' : `{${where}}`}, ${label})`
}

export const job = queryVariable({
  name: 'job',
  description: 'Jobs of Prometheus that scrape brokers.',
  query: labelValues(m.brokerStatus, 'job', '')
})

export const instance = queryVariable({
  name: 'instance',
  description: 'Brokers, by the address at which they are scraped.',
  query: labelValues(m.brokerStatus, 'instance', JOB)
})

export const group = queryVariable({
  name: 'group',
  description: 'Consumer groups.',
  query: labelValues(m.consumerGroupInfo, 'group', BROKERS)
})

/** Of topics that groups have offsets for. */
export const groupTopic = queryVariable({
  name: 'topic',
  description: 'Topics that the chosen groups read.',
  query: labelValues(m.consumerGroupTopicLag, 'topic', `${BROKERS},group=~"$group"`)
})

export const topic = queryVariable({
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
