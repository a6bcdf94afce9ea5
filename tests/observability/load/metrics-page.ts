import type { LabelledValue, Labels } from './expectation.ts'

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-z_]+)="((?:\\.|[^"\\])*)"/g
/** What `exprOf` makes. */
const EXPR = /^(sum\()?([a-z_]+)(?:\{(.*?)\})?\)?( or vector\(0\))?$/

/** In the place of Prometheus, where there is only a page of metrics: answers what it would after scraping that. */
export class MetricsPage {
  readonly #samples: readonly (LabelledValue & { readonly name: string })[]
  readonly #scrapedMs: number

  constructor(page: string, scrapedMs = 0) {
    this.#samples = page.split('\n').flatMap(readLine)
    this.#scrapedMs = scrapedMs
  }

  query(expr: string): readonly LabelledValue[] {
    if (expr.startsWith('timestamp(')) return [{ labels: {}, value: this.#scrapedMs / 1000 }]
    const [, sum, name, labels = '', orZero] = EXPR.exec(expr) ?? []
    if (name === undefined) throw new Error(`${expr} is more than a page of metrics can be asked`)
    const wanted = readLabels(labels)
    const found = this.#samples.filter(sample => sample.name === name && hasLabels(sample, wanted))
    if (sum === undefined || (found.length === 0 && orZero === undefined)) return found
    return [{ labels: {}, value: found.reduce((total, { value }) => total + value, 0) }]
  }
}

function readLine(line: string): (LabelledValue & { readonly name: string })[] {
  const [, name, labels = '', value] = LINE.exec(line) ?? []
  return name === undefined ? [] : [{ name, labels: readLabels(labels), value: Number(value) }]
}

function readLabels(text: string): Labels {
  return Object.fromEntries([...text.matchAll(LABEL)].map(([, label, value]) => [label, value] as const)) as Labels
}

function hasLabels(sample: LabelledValue, labels: Labels): boolean {
  return Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
}
