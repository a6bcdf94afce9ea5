import type { FieldDefaults, FieldOverride, Panel } from '../../../dashboards/src/index.ts'
import type { TargetResult } from '../collect.ts'
import { format } from '../units.ts'
import { shownAs } from './colors.ts'
import { type Box, escape, px } from './html.ts'

type Cell = string | number
type Line = ReadonlyMap<string, Cell>

const ROWS_MAX = 40

/** The results of all queries, joined by the labels that all of them have: Grafana's "merge", and "organize". */
export function rowsOf(
  panel: Panel,
  targets: readonly TargetResult[]
): { readonly columns: readonly string[]; readonly rows: readonly Line[] } {
  const several = targets.length > 1
  const tables = targets.map(({ refId, series }) => {
    const column = several ? `Value #${refId}` : 'Value'
    return series.map(
      ({ labels, points }): Line =>
        new Map<string, Cell>([...Object.entries(labels), [column, points.at(-1)?.[1] ?? Number.NaN]])
    )
  })
  const organize = panel.transformations?.find(({ id }) => id === 'organize')?.options ?? {}
  const names = (organize['renameByName'] ?? {}) as Readonly<Record<string, string>>
  const order = (organize['indexByName'] ?? {}) as Readonly<Record<string, number>>
  const columns = Object.keys(names).toSorted((a, b) => (order[a] ?? 0) - (order[b] ?? 0))
  const [sort] = (panel.options['sortBy'] ?? []) as readonly { readonly displayName: string }[]
  const rows = merge(tables).map(
    row => new Map(columns.flatMap(key => (row.has(key) ? [[names[key] ?? key, row.get(key) as Cell] as const] : [])))
  )
  const sorted =
    sort === undefined
      ? rows
      : rows.toSorted((a, b) => sortable(b.get(sort.displayName)) - sortable(a.get(sort.displayName)))
  return { columns: columns.map(key => names[key] ?? key), rows: sorted }
}

function sortable(cell: Cell | undefined): number {
  return typeof cell === 'number' && !Number.isNaN(cell) ? cell : Number.NEGATIVE_INFINITY
}

function merge(tables: readonly (readonly Line[])[]): readonly Line[] {
  const filled = tables.filter(rows => rows.length > 0)
  const labelSets = filled.map(rows => new Set([...(rows[0]?.keys() ?? [])].filter(name => !name.startsWith('Value'))))
  const [first] = labelSets
  const shared = [...(first ?? [])].filter(label => labelSets.every(labels => labels.has(label)))
  const byKey = new Map<string, Map<string, Cell>>()
  for (const row of filled.flat()) {
    const key = JSON.stringify(shared.map(label => row.get(label)))
    byKey.set(key, new Map([...(byKey.get(key) ?? []), ...row]))
  }
  return [...byKey.values()]
}

export function drawTable(panel: Panel, targets: readonly TargetResult[], box: Box): string {
  const { columns, rows } = rowsOf(panel, targets)
  const fields = new Map(columns.map(name => [name, fieldOf(name, panel)]))
  const head = columns.map(name => `<th>${escape(name)}</th>`).join('')
  const body = rows.slice(0, ROWS_MAX).map(row => {
    const cells = columns.map(name => cellOf(row.get(name), fields.get(name) ?? panel.fieldConfig.defaults))
    return `<tr>${cells.join('')}</tr>`
  })
  return `<div class="table" style="height:${px(box.height)}px"><table><tr>${head}</tr>${body.join('')}</table></div>`
}

function fieldOf(name: string, { fieldConfig: { defaults, overrides } }: Panel): FieldDefaults {
  const own = overrides.filter(({ matcher }) => matchesName(matcher, name)).flatMap(({ properties }) => properties)
  const changes = own.filter(({ id }) => !id.startsWith('custom.')).map(({ id, value }) => [id, value])
  return { ...defaults, ...Object.fromEntries(changes) } as FieldDefaults
}

function matchesName({ id, options }: FieldOverride['matcher'], name: string): boolean {
  return id === 'byName' ? options === name : new RegExp(options).test(name)
}

function cellOf(cell: Cell | undefined, field: FieldDefaults): string {
  if (cell === undefined) return '<td></td>'
  if (typeof cell === 'string') return `<td>${escape(cell)}</td>`
  const { text, color } = shownAs(cell, field)
  const style = text === null ? '' : ` style="color:${color}"`
  return `<td class="number"${style}>${escape(text ?? format(cell, field.unit, field.decimals))}</td>`
}
