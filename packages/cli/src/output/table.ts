import { styleText } from 'node:util'
import type { Sink } from '../sink.ts'
import { printable } from './format.ts'

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string | number
  readonly align?: 'right'
  /** Its values lose their middle where the table would be too wide. */
  readonly cuts?: true
}

const GAP = 2
/** A cell is not cut to fewer characters than this. */
const CUT_MIN = 8

/** Columns two spaces apart, a title line, no trailing spaces; as wide as its values, or as `widthMax` if it can be. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  widthMax = Number.POSITIVE_INFINITY
): string[] {
  const whole = rows.map(row => columns.map(column => printable(String(column.value(row)))))
  const widest = columns.map((column, index) =>
    whole.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), column.title.length)
  )
  const widths = narrowed(columns, widest, widthMax)
  const cells = whole.map(row => row.map((cell, index) => cutMiddle(cell, widths[index] ?? 0)))
  const lines = [columns.map(column => column.title), ...cells]
  return lines.map(line =>
    line
      .map((cell, index) => {
        const width = widths[index] ?? 0
        return columns[index]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  )
}

/** The widths, the widest of those that may be cut made smaller until all fit, or nothing is left to cut. */
function narrowed(columns: readonly Pick<Column<never>, 'title' | 'cuts'>[], widest: number[], max: number): number[] {
  const widths = [...widest]
  const total = widths.reduce((sum, width) => sum + width + GAP, -GAP)
  for (let over = total - max; over > 0; over--) {
    const spare = (index: number): number => {
      const { title, cuts } = columns[index] as (typeof columns)[number]
      return cuts ? (widths[index] as number) - Math.max(CUT_MIN, title.length) : 0
    }
    const at = widths.map((_, index) => index).reduce((best, index) => (spare(index) > spare(best) ? index : best))
    if (spare(at) <= 0) break
    widths[at] = (widths[at] as number) - 1
  }
  return widths
}

/** At most `width` characters: both ends of a name tell more than its middle. */
function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text
  const end = Math.floor((width - 1) / 2)
  return `${text.slice(0, width - 1 - end)}…${end === 0 ? '' : text.slice(-end)}`.toWellFormed()
}

/** Prints a table; titles are bold on a terminal. */
export function printTable<Row>(sink: Sink, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const [title = '', ...lines] = renderTable(columns, rows)
  sink.line(bold(sink, title))
  for (const line of lines) sink.line(line)
}

/** Respects NO_COLOR and what the terminal can do. */
export function bold(sink: Sink, text: string): string {
  return sink.isTty ? styleText('bold', text, { stream: sink.stream }) : text
}

/** `name: value` lines with aligned values. */
export function printFacts(sink: Sink, facts: readonly (readonly [name: string, value: string | number])[]): void {
  const width = Math.max(...facts.map(([name]) => name.length)) + 1
  for (const [name, value] of facts) sink.line(`${`${name}:`.padEnd(width)}  ${printable(String(value))}`)
}

/** One JSON document, readable. */
export function printJson(sink: Sink, value: unknown): void {
  sink.line(JSON.stringify(value, null, 2))
}
