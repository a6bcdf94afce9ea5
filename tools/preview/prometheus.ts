import type { Answer, DataSource, Series } from './series.ts'

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

interface ApiAnswer {
  readonly status: 'success' | 'error'
  readonly error?: string
  readonly data?: unknown
}

const TIMEOUT_MS = 30_000

/** Prometheus through its HTTP API. `url` without a slash at its end. */
export function prometheusAt(url: string): DataSource {
  return {
    async range(expr, { fromMs, toMs, stepMs }) {
      const query = { query: expr, start: seconds(fromMs), end: seconds(toMs), step: seconds(stepMs) }
      return answerOf(await ask(`${url}/api/v1/query_range`, query))
    },
    async instant(expr, { toMs }) {
      return answerOf(await ask(`${url}/api/v1/query`, { query: expr, time: seconds(toMs) }))
    },
    async labelValues(selector, label) {
      return (await ask(`${url}/api/v1/label/${label}/values`, { 'match[]': selector })) as string[]
    }
  }
}

function seconds(ms: number): string {
  return String(ms / 1000)
}

async function ask(url: string, query: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${url}?${new URLSearchParams(query).toString()}`, {
    signal: AbortSignal.timeout(TIMEOUT_MS)
  })
  const answer = (await response.json()) as ApiAnswer
  if (answer.status !== 'success') throw new Error(answer.error ?? `HTTP ${response.status}`)
  return answer.data
}

function answerOf(data: unknown): Answer {
  const { result, resultType } = data as { readonly result: unknown; readonly resultType: string }
  // `time()` and other numbers without labels.
  if (resultType === 'scalar')
    return { lines: [], series: [seriesOf({ metric: {}, value: result as [number, string] })] }
  return { lines: [], series: (result as Sample[]).map(seriesOf) }
}

function seriesOf({ metric, value, values }: Sample): Series {
  const samples = values ?? (value === undefined ? [] : [value])
  return {
    name: '',
    labels: Object.fromEntries(Object.entries(metric).filter(([label]) => label !== '__name__')),
    points: samples.map(([at, text]) => [at * 1000, numberOf(text)])
  }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
