import type { Answer, DataSource, Range, Series } from '../../preview/series.ts'

export const NOTHING: Answer = { series: [], lines: [] }

export const RANGE: Range = { fromMs: 0, toMs: 600_000, stepMs: 60_000 }
export const INTERVALS = { range: RANGE, scrapeMs: 15_000 }

/** Answers each query with what `answer` says, and remembers what was asked. */
export function fakeSource(
  answer: (expr: string, kind: 'range' | 'instant') => Answer
): DataSource & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    range: expr => {
      asked.push(expr)
      return Promise.resolve(answer(expr, 'range'))
    },
    instant: expr => {
      asked.push(expr)
      return Promise.resolve(answer(expr, 'instant'))
    },
    labelValues: (selector, label) => {
      asked.push(`${label} of ${selector}`)
      return Promise.resolve(['a', 'b'])
    }
  }
}

/** One number a minute. */
export function line(labels: Readonly<Record<string, string>>, values: readonly number[]): Series {
  return { name: '', labels, points: values.map((value, index) => [index * 60_000, value]) }
}
