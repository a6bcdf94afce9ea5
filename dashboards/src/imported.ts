import type { Dashboard, ImportedDashboard, Input, Panel, Row } from './grafana/model.ts'

const INPUTS: Readonly<Record<string, Input>> = {
  prometheus: {
    name: 'DS_PROMETHEUS',
    label: 'Prometheus',
    description: 'Prometheus that scrapes the brokers.',
    type: 'datasource',
    pluginId: 'prometheus',
    pluginName: 'Prometheus'
  },
  loki: {
    name: 'DS_LOKI',
    label: 'Loki',
    description: 'Loki that has the logs of the brokers.',
    type: 'datasource',
    pluginId: 'loki',
    pluginName: 'Loki'
  }
}

/**
 * A dashboard for Grafana's import dialog: it asks for the data source, and puts what was chosen in the place of
 * `${DS_…}`, which stands in the first variable only. Provisioning asks nobody and would leave it there.
 */
export function importedOf(dashboard: Dashboard): ImportedDashboard {
  const [source, ...variables] = dashboard.templating.list
  const input = typeof source?.query === 'string' ? INPUTS[source.query] : undefined
  if (source === undefined || input === undefined) throw new Error(`${dashboard.uid} begins with no data source`)
  const chosen = `\${${input.name}}`
  const current = { selected: false, text: chosen, value: chosen }
  return {
    __inputs: [input],
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.1.0' },
      { type: 'datasource', id: input.pluginId, name: input.pluginName, version: '1.0.0' },
      ...panelTypes(dashboard.panels).map(id => ({ type: 'panel', id, name: id, version: '' }))
    ],
    ...dashboard,
    templating: { list: [{ ...source, current }, ...variables] }
  }
}

function panelTypes(panels: readonly (Panel | Row)[]): string[] {
  const all = panels.flatMap(one => (one.type === 'row' ? one.panels : [one]))
  return [...new Set(all.map(({ type }) => type))].toSorted()
}
