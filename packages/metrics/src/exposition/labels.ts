import { spellBound } from '../buckets.ts'
import { type Cell, Histogram, Summary } from '../cells.ts'

/** The quantiles of Go's own summary. */
export const SUMMARY_QUANTILES = [0, 0.25, 0.5, 0.75, 1] as const

const NEEDS_ESCAPE = /[\\"\p{Cc}]/u
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '"': '\\"' }

/** The same in both formats. */
export function escapeLabel(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value
  return visible(value).replace(/[\\\n"]/g, character => ESCAPES[character] as string)
}

/**
 * Label values come from clients, and a group may be called `g\0`: control characters are spelled out (`\x00`), but for
 * the newline, which the formats know. A backslash that was there already and looks like the beginning of that is
 * spelled out as well, so that two values never become one.
 */
function visible(value: string): string {
  const unambiguous = value.replace(/\\(?=x[0-9a-f]{2})/g, '\\x5c')
  return unambiguous.replace(/\p{Cc}/gu, character => {
    return character === '\n' ? character : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

/** `a="1",b="2"`; empty without labels. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapeLabel(labels[name] as string)}"`
  return text
}

/** What stands before the value on each line of a cell, in the order in which the snapshot reads its numbers. */
export function prefixesOf(name: string, labels: string, cell: Cell): readonly string[] {
  const plain = labels === '' ? '' : `{${labels}}`
  if (cell instanceof Histogram) {
    const before = labels === '' ? '{' : `{${labels},`
    const bounds = [...cell.bounds.map(spellBound), '+Inf']
    const buckets = bounds.map(bound => `${name}_bucket${before}le="${bound}"} `)
    return [...buckets, `${name}_sum${plain} `, `${name}_count${plain} `]
  }
  if (cell instanceof Summary) {
    const quantiles = SUMMARY_QUANTILES.map(quantile => `${name}{quantile="${quantile}"} `)
    return [...quantiles, `${name}_sum `, `${name}_count `]
  }
  return [`${name}${plain} `]
}
