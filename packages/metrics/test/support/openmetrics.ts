/** A strict reader of OpenMetrics 1.0, as far as we write it. Throws with the line that breaks a rule. */
export interface Family {
  readonly type: string
  readonly unit: string | null
  readonly help: string
  readonly samples: Sample[]
}

export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
  readonly exemplar: {
    readonly labels: ReadonlyMap<string, string>
    readonly value: number
    readonly time: number
  } | null
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count']
}

export function parseOpenMetrics(text: string): ReadonlyMap<string, Family> {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.pop() !== '# EOF') throw new Error('must end with # EOF and one line feed')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current: { name: string; family: Family } | null = null
  for (const [at, line] of lines.entries()) {
    const fail = (why: string): never => {
      throw new Error(`line ${at + 1}: ${why}: ${line}`)
    }
    const meta = /^# (HELP|TYPE|UNIT) (\S+) (.*)$/.exec(line)
    if (meta !== null) {
      const [, kind, name, rest] = meta as unknown as [string, string, string, string]
      if (kind === 'HELP') {
        if (families.has(name)) fail('a family twice, or not in one piece')
        current = { name, family: { type: 'unknown', unit: null, help: unescape(rest), samples: [] } }
        families.set(name, current.family)
      } else if (current?.name !== name) fail('metadata outside of its family')
      else if (kind === 'TYPE') current = retyped(families, current, { type: rest })
      else {
        if (!name.endsWith(`_${rest}`)) fail('a unit that its name does not end with')
        current = retyped(families, current, { unit: rest })
      }
      continue
    }
    if (current === null) return fail('a sample without metadata')
    const sample = parseSample(line) ?? fail('not a sample')
    const { name, family } = current
    const suffixes = SUFFIXES[family.type] ?? fail(`type ${family.type}`)
    if (!suffixes.some(suffix => sample.name === name + suffix)) fail(`not a sample of a ${family.type} ${name}`)
    if (sample.exemplar !== null && !sample.name.endsWith('_bucket')) fail('an exemplar outside of a bucket')
    const identity = JSON.stringify([sample.name, ...sample.labels])
    if (seen.has(identity)) fail('a sample twice')
    seen.add(identity)
    family.samples.push(sample)
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkBuckets(name, family)
  return families
}

function retyped(
  families: Map<string, Family>,
  { name, family }: { name: string; family: Family },
  change: Partial<Family>
): { name: string; family: Family } {
  if (family.samples.length > 0) throw new Error(`${name}: metadata after samples`)
  const changed = { name, family: { ...family, ...change } }
  families.set(name, changed.family)
  return changed
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABELS = '\\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*",?)*)\\}'
const NUMBER = '(?:NaN|[+-]Inf|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)'
const SAMPLE = new RegExp(`^(${NAME})(?:${LABELS})? (${NUMBER})(?: # ${LABELS} (${NUMBER}) (${NUMBER}))?$`)

function parseSample(line: string): Sample | null {
  const found = SAMPLE.exec(line)
  if (found === null) return null
  const [, name = '', labels = '', value = '', exemplarLabels, exemplarValue = '', time = ''] = found
  const exemplar =
    exemplarLabels === undefined
      ? null
      : { labels: parseLabels(exemplarLabels), value: numberOf(exemplarValue), time: numberOf(time) }
  if (exemplar !== null && [...exemplar.labels].flat().join('').length > 128) return null
  return { name, labels: parseLabels(labels), value: numberOf(value), exemplar }
}

function parseLabels(text: string): Map<string, string> {
  const labels = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)) {
    if (labels.has(name)) throw new Error(`label ${name} twice`)
    labels.set(name, unescape(value))
  }
  return labels
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_all, character: string) => (character === 'n' ? '\n' : character))
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}

/** Cumulative, spelled as floats, with +Inf equal to the count, and exemplars inside their bucket. */
function checkBuckets(name: string, { samples }: Family): void {
  let last = { bound: Number.NEGATIVE_INFINITY, value: 0 }
  for (const { name: sample, labels, value, exemplar } of samples) {
    if (sample === `${name}_count`) {
      if (value !== last.value) throw new Error(`${name}: count ${value} is not the last bucket's ${last.value}`)
      last = { bound: Number.NEGATIVE_INFINITY, value: 0 }
    }
    if (sample !== `${name}_bucket`) continue
    const le = labels.get('le') ?? ''
    if (!/^(\d+\.\d+|\+Inf)$/.test(le)) throw new Error(`${name}: le ${le} is not spelled as a float`)
    const bound = numberOf(le)
    if (bound <= last.bound || value < last.value) throw new Error(`${name}: buckets are not ascending at ${le}`)
    if (exemplar !== null && (exemplar.value > bound || exemplar.value <= last.bound)) {
      throw new Error(`${name}: an exemplar of ${exemplar.value} in the bucket ${le}`)
    }
    last = { bound, value }
  }
}
