import { catalogue as m } from '@streambus/metrics'
import { BOARDS, type Board } from './board.ts'
import { gauge, rate, sum } from './expr.ts'
import { type Annotation, type Dashboard, type DataSourceRef, SCHEMA_VERSION, type Variable } from './grafana/model.ts'
import { layOut } from './layout.ts'
import { navigation } from './links.ts'
import { PROMETHEUS } from './panel.ts'
import { instance, job, sourceVariable } from './variables.ts'

const SOURCES: Readonly<Record<'prometheus' | 'loki', readonly Variable[]>> = {
  prometheus: [sourceVariable('datasource', 'prometheus'), job, instance],
  loki: [sourceVariable('loki_datasource', 'loki')]
}

/** The classic JSON model, as it is provisioned. */
export function dashboardOf({ uid, description, variables, sections }: Board): Dashboard {
  const isLogs = uid === 'streambus-logs'
  return {
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
    templating: { list: [...(isLogs ? SOURCES.loki : SOURCES.prometheus), ...variables] },
    annotations: { list: [GRAFANAS_OWN, ...(isLogs ? [] : EVENTS)] },
    panels: layOut(sections)
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
