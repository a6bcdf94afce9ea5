import type { Variable } from '../../dashboards/src/index.ts'
import type { Range } from './series.ts'

/** What the variables of a dashboard stand for, by their names. */
export type Values = Readonly<Record<string, string>>

/** The value that a dashboard begins with; null: everything that can be chosen, which whoever draws it must ask for. */
export function initialOf({ type, allValue, current: { value = '' } }: Variable): string | null {
  if (type === 'query') return allValue ?? null
  return type === 'custom' ? value.toString() : ''
}

/** Several values become one regular expression, as in Grafana; of none, one that nothing with the label matches. */
export function anyOf(values: readonly string[]): string {
  const escaped = values.map(value => value.replaceAll(/[\\^$*+?.()|[\]{}/]/g, String.raw`\\$&`))
  return escaped.length > 1 ? `(${escaped.join('|')})` : escaped.join()
}

export interface Intervals {
  readonly range: Range
  /** Between two scrapes. */
  readonly scrapeMs: number
}

/** An expression as Grafana would send it. A variable that nobody knows stays, and the data source complains. */
export function interpolate(expr: string, values: Values, intervals: Intervals): string {
  const all: Values = { ...values, ...builtIn(intervals) }
  return expr.replaceAll(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    return all[braced ?? bare ?? ''] ?? whole
  })
}

function builtIn({ range: { fromMs, toMs, stepMs }, scrapeMs }: Intervals): Values {
  return {
    // Grafana's rule: long enough for two samples, also when one scrape is missing.
    __rate_interval: duration(Math.max(stepMs + scrapeMs, 4 * scrapeMs)),
    __interval: duration(stepMs),
    __auto: duration(stepMs),
    __range: duration(toMs - fromMs)
  }
}

function duration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.ceil(ms)}ms`
}
