export type Labels = Readonly<Record<string, string>>

/** What Prometheus is to be asked, simple enough to be read off a page of metrics as well. */
export interface Query {
  readonly name: string
  readonly labels: Labels
  /**
   * `one`: there must be exactly one series with these labels. `sum`: over all that have them, and there must be some.
   * `total`: the same, and none adds up to 0, for series that begin with what they count.
   */
  readonly of: 'one' | 'sum' | 'total'
}

/** A number that a tally knows exactly. */
export interface Expectation {
  readonly query: Query
  /** Null: there must be no such series. */
  readonly expected: number | null
  /** Where the number comes from, as a sentence. */
  readonly source: string
}

export interface Difference extends Expectation {
  /** As it was asked. */
  readonly expr: string
  /** Null: no series. */
  readonly got: number | null
}

/** A sample of Prometheus, or a line of a page of metrics. */
export interface LabelledValue {
  readonly labels: Labels
  readonly value: number
}

/** `more`: labels that single out one broker where Prometheus has several. */
export function exprOf({ name, labels, of }: Query, more: Labels = {}): string {
  const matchers = Object.entries({ ...labels, ...more }).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  const selector = matchers.length === 0 ? name : `${name}{${matchers.join(',')}}`
  if (of === 'one') return selector
  return of === 'sum' ? `sum(${selector})` : `sum(${selector}) or vector(0)`
}

/** Collects expectations that come from the same source. */
export class Expectations {
  readonly all: Expectation[] = []
  #source = ''

  from(source: string): this {
    this.#source = source
    return this
  }

  /** One series with exactly these of its labels, whatever its others are. */
  is(name: string, expected: number | null, labels: Labels = {}): this {
    return this.#add({ name, labels, of: 'one' }, expected)
  }

  sum(name: string, expected: number, labels: Labels = {}): this {
    return this.#add({ name, labels, of: 'sum' }, expected)
  }

  total(name: string, expected: number, labels: Labels = {}): this {
    return this.#add({ name, labels, of: 'total' }, expected)
  }

  #add(query: Query, expected: number | null): this {
    this.all.push({ query, expected, source: this.#source })
    return this
  }
}

/** Compares with what `ask` answers. Exactly: what is counted is counted. */
export async function differences(
  expectations: readonly Expectation[],
  ask: (expr: string) => Promise<readonly LabelledValue[]> | readonly LabelledValue[],
  more: Labels = {}
): Promise<readonly Difference[]> {
  const different: Difference[] = []
  for (const expectation of expectations) {
    const expr = exprOf(expectation.query, more)
    const samples = await ask(expr)
    const got = samples.length === 1 ? (samples[0]?.value ?? null) : samples.length === 0 ? null : Number.NaN
    if (got !== expectation.expected) different.push({ ...expectation, expr, got })
  }
  return different
}

export function describe({ expr, expected, got, source }: Difference): string {
  const found = got === null ? 'no series' : Number.isNaN(got) ? 'several series' : String(got)
  return `${expr} is ${found}, expected ${expected ?? 'no series'}: ${source}`
}
