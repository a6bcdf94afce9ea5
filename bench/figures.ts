/** One measured quantity of one system: all its samples, so that the spread is seen. */
export interface Figure {
  readonly name: string
  readonly system: string
  readonly unit: string
  readonly samples: number[]
}

export type Figures = Map<string, Figure>

export function record(figures: Figures, at: { name: string; system: string; unit: string }, sample: number): void {
  const key = `${at.name}\n${at.system}`
  const figure = figures.get(key)
  if (figure === undefined) figures.set(key, { ...at, samples: [sample] })
  else figure.samples.push(sample)
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/**
 * The table that is printed and that RESULTS.md quotes. The last column compares with `reference` under the same name.
 */
export function table(figures: Figures, reference: string): string {
  const rows = [['figure', 'system', 'min', 'median', 'max', 'unit', `of ${reference}`]]
  for (const { name, system, unit, samples } of figures.values()) {
    const base = figures.get(`${name}\n${reference}`)
    const ratio =
      base === undefined || system === reference ? '' : `${(median(samples) / median(base.samples)).toFixed(2)}×`
    const values = [Math.min(...samples), median(samples), Math.max(...samples)]
    rows.push([name, system, ...values.map(format), unit, ratio])
  }
  return columns(rows, new Set([2, 3, 4, 6]))
}

function format(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Columns as wide as their widest cell; those in `right` hold numbers. */
export function columns(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
      )
      .join('  ')
  return rows.map(row => line(row).trimEnd()).join('\n')
}
