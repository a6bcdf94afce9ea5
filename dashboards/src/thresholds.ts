import type { Threshold, ValueMapping } from './grafana/model.ts'

/** Values from which on a number is worth a look, and from which on it is bad. */
export interface Limits {
  readonly warn?: number
  readonly bad?: number
  /** True: bad is below. */
  readonly isFloor?: boolean
}

export const NO_LIMITS: readonly Threshold[] = [{ color: 'green', value: null }]
const PLAIN: readonly Threshold[] = [{ color: 'text', value: null }]

export function stepsOf(limits: Limits | 'plain' | undefined): readonly Threshold[] {
  if (limits === 'plain') return PLAIN
  if (limits === undefined) return NO_LIMITS
  const { warn, bad, isFloor = false } = limits
  const steps: readonly (readonly [color: string, value: number | undefined])[] = [
    ['orange', warn],
    ['red', bad]
  ]
  const known = steps.flatMap(([color, value]) => (value === undefined ? [] : [{ color, value }]))
  if (!isFloor) return [...NO_LIMITS, ...known]
  // From the worst up: red below `bad`, orange below `warn`, green above.
  const falling = [...known].reverse()
  return falling
    .map(({ color }, index) => ({ color, value: falling[index - 1]?.value ?? null }))
    .concat({
      color: 'green',
      value: falling.at(-1)?.value ?? null
    })
}

/** Words for numbers, by number. */
export function mapping(words: Readonly<Record<number, readonly [text: string, color: string]>>): ValueMapping {
  const entries = Object.entries(words).map(([value, [text, color]], index) => [value, { text, color, index }] as const)
  return { type: 'value', options: Object.fromEntries(entries) }
}

export const YES_NO = mapping({ 0: ['no', 'green'], 1: ['yes', 'red'] })
