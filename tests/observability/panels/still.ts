import { intervalsOf } from '../../../tools/preview/render.ts'
import type { DataSource } from '../../../tools/preview/series.ts'
import { type Answers, finiteValues, isOfPrometheus } from './answers.ts'
import { STANDS_STILL } from './exceptions.ts'

export interface Span {
  readonly minutes: number
  readonly scrapeMs: number
  readonly toMs: number
}

/**
 * Queries that have shown nothing but zeros in the whole span, one line each: nobody has seen that they can show
 * anything else. Left out are those that wait for a part of the broker, and those that are known to stand still.
 */
export async function stillProblems({ panels }: Answers, prometheus: DataSource, span: Span): Promise<string[]> {
  const { range } = intervalsOf(span)
  const found: string[] = []
  for (const { name, result } of panels) {
    if (!isOfPrometheus(result)) continue
    for (const { refId, expr, awaits, error } of result.targets) {
      const query = `${name} ${refId}`
      if (awaits !== null || error !== null || query in STANDS_STILL) continue
      // Also what is asked for one moment only: it may have moved before.
      const { series } = await prometheus.range(expr, range)
      if (finiteValues({ series }).every(value => value === 0)) found.push(`${query}: never moved: ${expr}`)
    }
  }
  return found
}
