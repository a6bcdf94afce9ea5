import { catalogue as m } from '@streambus/metrics'
import { BOARDS, type Board } from './board.ts'
import { gauge, rate, sum } from './expr.ts'
import {
  type Annotation,
  type Dashboard,
  type DataSourceRef,
  type Input,
  SCHEMA_VERSION,
  type Variable
} from './grafana/model.ts'
import { layOut } from './layout.ts'
import { navigation } from './links.ts'
import { PROMETHEUS } from './panel.ts'
import { instance, job, sourceVariable } from './variables.ts'

/** What a file asks for when it is imported by hand. */
const SOURCES = {
  prometheus: {
    input: {
      name: 'DS_PROMETHEUS',
      label: 'Prometheus',
      description: 'Prometheus that scrapes the brokers.',
      type: 'datasource',
      pluginId: 'prometheus',
      pluginName: 'Prometheus'
    },
    variables: [sourceVariable('datasource', 'prometheus', 'DS_PROMETHEUS'), job, instance]
  },
  loki: {
    input: {
      name: 'DS_LOKI',
      label: 'Loki',
      description: 'Loki that has the logs of the brokers.',
      type: 'datasource',
      pluginId: 'loki',
      pluginName: 'Loki'
    },
    variables: [sourceVariable('loki_datasource', 'loki', 'DS_LOKI')]
  }
} as const satisfies Record<string, { readonly input: Input; readonly variables: readonly Variable[] }>

/** The classic JSON model: one file that can be provisioned as it is, and imported through Grafana's dialog. */
export function dashboardOf({ uid, description, variables, sections }: Board): Dashboard {
  const isLogs = uid === 'streambus-logs'
  const source = isLogs ? SOURCES.loki : SOURCES.prometheus
  const panels = layOut(sections)
  const types = new Set(sections.flatMap(({ panels: drafts }) => drafts.map(({ type }) => type)))
  return {
    __inputs: [source.input],
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.1.0' },
      { type: 'datasource', id: source.input.pluginId, name: source.input.pluginName, version: '1.0.0' },
      ...[...types].toSorted().map(id => ({ type: 'panel', id, name: id, version: '' }))
    ],
    id: null,
    uid,
    title: BOARDS[uid],
    description,
    tags: ['streambus'],
    style: 'dark',
    timezone: 'utc',
    editable: false,
    graphTooltip: 1,
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timepicker: {},
    fiscalYearStartMonth: 0,
    weekStart: '',
    links: navigation(uid),
    templating: { list: [...source.variables, ...variables] },
    annotations: { list: [GRAFANAS_OWN, ...(isLogs ? [] : EVENTS)] },
    panels
  }
}

/** Whoever marks something by hand finds it on all dashboards. */
const GRAFANAS_OWN: Annotation = {
  builtIn: 1,
  name: 'Annotations & Alerts',
  type: 'dashboard',
  datasource: { type: 'grafana', uid: '-- Grafana --' } satisfies DataSourceRef,
  enable: true,
  hide: true,
  iconColor: 'rgba(0, 211, 255, 1)'
}

/** A range of its own: annotations know no $__rate_interval. */
const MOMENT = '2m'

const EVENTS: readonly Annotation[] = [
  event({
    name: 'Broker started',
    expr: `changes(${gauge(m.startTimestamp).text}[${MOMENT}]) > 0`,
    color: 'orange',
    text: '{{instance}}'
  }),
  event({
    name: 'Controller changed',
    expr: `${sum(rate(m.raftLeaderChanges, { range: MOMENT })).text} > 0`,
    color: 'purple',
    text: 'the quorum has another leader'
  })
]

function event({ name, expr, color, text }: Readonly<Record<'name' | 'expr' | 'color' | 'text', string>>): Annotation {
  return {
    name,
    datasource: PROMETHEUS,
    enable: true,
    hide: false,
    iconColor: color,
    expr,
    step: '60s',
    titleFormat: name,
    textFormat: text,
    tagKeys: 'instance'
  }
}
