import type { FieldDefaults } from '../../../dashboards/src/index.ts'

/** Grafana's names on a light page. */
const NAMED: Readonly<Record<string, string>> = {
  green: '#56a64b',
  orange: '#ff780a',
  red: '#e02f44',
  yellow: '#f2cc0c',
  blue: '#3274d9',
  purple: '#a352cc',
  text: '#24292e'
}

/** Of lines, in their order; the first ones as in Grafana. */
const CLASSIC = [
  '#56a64b',
  '#e0b400',
  '#3f9fb5',
  '#e0752d',
  '#e24d42',
  '#1f78c1',
  '#ba43a9',
  '#705da0',
  '#508642',
  '#cca300',
  '#447ebc',
  '#c15c17',
  '#890f02',
  '#0a437c',
  '#6d1f62',
  '#584477'
]

export function named(color: string): string {
  return NAMED[color] ?? color
}

export function lineColor(index: number): string {
  return CLASSIC[index % CLASSIC.length] ?? '#24292e'
}

interface Shown {
  readonly text: string | null
  readonly color: string
}

/** The word and the colour that a panel has for a number. */
export function shownAs(value: number, { mappings, thresholds }: FieldDefaults): Shown {
  for (const { options } of mappings) {
    const found = options[String(value)]
    if (found !== undefined) return { text: found.text, color: named(found.color) }
  }
  const step = thresholds.steps.findLast(({ value: from }) => from === null || value >= from)
  return { text: null, color: named(step?.color ?? 'text') }
}
