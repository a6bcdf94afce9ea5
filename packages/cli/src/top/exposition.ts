/** One line of a metric: its labels and its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a scrape says, by the name in front of the labels. */
export type Scrape = ReadonlyMap<string, readonly Sample[]>

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?[ \t]+(\S+)/
const LABEL = /([a-zA-Z_]\w*)="((?:\\.|[^"\\])*)"/g
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' }

/** Prometheus' text format 0.0.4; comments and lines that are none are left out. */
export function parseExposition(text: string): Scrape {
  const scrape = new Map<string, Sample[]>()
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : LINE.exec(line)
    if (match === null) continue
    const [, name = '', labels = '', value = ''] = match
    const sample = { labels: parseLabels(labels), value: parseValue(value) }
    const samples = scrape.get(name)
    if (samples === undefined) scrape.set(name, [sample])
    else samples.push(sample)
  }
  return scrape
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\[\\"n]/g, escape => ESCAPES[escape] ?? escape)
  }
  return labels
}

function parseValue(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
