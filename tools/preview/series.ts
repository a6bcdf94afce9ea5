/** What a data source answered, before it is drawn. */

export interface Series {
  /** By the legend of its query. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds and value; of an instant query one. Values may be NaN or infinite, as the source says. */
  readonly points: readonly (readonly [atMs: number, value: number])[]
}

export interface LogLine {
  readonly atMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly line: string
}

export interface Answer {
  readonly series: readonly Series[]
  readonly lines: readonly LogLine[]
}

export interface Range {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

/** Whoever answers queries: Prometheus, or the stand-in for Loki. Throws with the source's own words. */
export interface DataSource {
  range(expr: string, range: Range): Promise<Answer>
  instant(expr: string, range: Range): Promise<Answer>
  labelValues(selector: string, label: string): Promise<readonly string[]>
}

export function hasData({ series, lines }: Answer): boolean {
  return lines.length > 0 || series.some(({ points }) => points.some(([, value]) => !Number.isNaN(value)))
}

/** The last value that is a number; undefined while there is none. */
export function lastOf({ points }: Series): number | undefined {
  return points.findLast(([, value]) => !Number.isNaN(value))?.[1]
}

/** Grafana's legend template: `{{api}}` is the value of that label, nothing where there is none. */
export function legendOf(template: string, labels: Readonly<Record<string, string>>): string {
  if (template !== '')
    return template.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '').trim()
  return Object.values(labels).join(' ')
}
