import { styleText } from 'node:util'
import type { Sink } from '../sink.ts'
import { printable } from './format.ts'

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string | number
  readonly align?: 'right'
}

/** Columns two spaces apart, a title line, no trailing spaces. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map(row => columns.map(column => printable(String(column.value(row)))))
  const widths = columns.map((column, index) =>
    cells.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), column.title.length)
  )
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
