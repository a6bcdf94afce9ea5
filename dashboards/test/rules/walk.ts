import type { Dashboard, Panel, Row, Target } from '../../src/index.ts'

/** Every panel, those inside of collapsed rows included; rows themselves left out. */
export function panelsOf(dashboard: Dashboard): readonly Panel[] {
  return dashboard.panels.flatMap(one => (isRow(one) ? one.panels : [one]))
}

export function isRow(one: Panel | Row): one is Row {
  return one.type === 'row'
}

export interface Asked {
  /** For messages. */
  readonly where: string
  readonly expr: string
}

/** Every expression of PromQL: panels, variables, annotations. */
export function promqlOf(dashboard: Dashboard): readonly Asked[] {
  return [
    ...panelsOf(dashboard).flatMap(panel => targetsOf(panel, 'prometheus').map(target => asked(panel.title, target))),
    ...dashboard.annotations.list.flatMap(({ name, expr }) => (expr === undefined ? [] : [{ where: name, expr }])),
    ...dashboard.templating.list.flatMap(({ name, definition }) => variableSelector(name, definition))
  ]
}

export function logqlOf(dashboard: Dashboard): readonly Asked[] {
  return panelsOf(dashboard).flatMap(panel => targetsOf(panel, 'loki').map(target => asked(panel.title, target)))
}

function targetsOf(panel: Panel, type: 'prometheus' | 'loki'): readonly Target[] {
  return panel.targets.filter(({ datasource }) => datasource.type === type)
}

function asked(title: string, { refId, expr }: Target): Asked {
  return { where: `${title} ${refId}`, expr }
}

/** The label must be one of the metric: as a grouping that is an expression that the checker knows. */
function variableSelector(name: string, definition: string | undefined): readonly Asked[] {
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? []
  return selector === undefined ? [] : [{ where: `variable ${name}`, expr: `count by (${label}) (${selector})` }]
}
