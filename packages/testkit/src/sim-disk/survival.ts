import { assert } from '@streambus/base'
import { SeededPrng } from '../seeded-prng.ts'
import type { PendingChange } from './tree.ts'

/**
 * What of the pending changes a power cut leaves: everything, nothing, one alone, all but one, the oldest ones, or a
 * random subset. In half of the random ones each directory keeps the oldest of its name changes, as a journal does.
 */
export type CrashChoice =
  | { readonly kind: 'all' | 'none' }
  | { readonly kind: 'only' | 'without'; readonly index: number }
  | { readonly kind: 'first'; readonly index: number }
  | { readonly kind: 'random'; readonly index: number }

export const NOTHING_SURVIVES: CrashChoice = { kind: 'none' }
export const EVERYTHING_SURVIVES: CrashChoice = { kind: 'all' }

/** For each pending change, whether the device has it. */
export function survivors(choice: CrashChoice, pending: readonly PendingChange[]): boolean[] {
  switch (choice.kind) {
    case 'all':
    case 'none':
      return pending.map(() => choice.kind === 'all')
    case 'only':
      return pending.map((_, i) => i === choice.index)
    case 'without':
      return pending.map((_, i) => i !== choice.index)
    case 'first':
      return pending.map((_, i) => i < choice.index)
    case 'random':
      return randomSurvivors(new SeededPrng(choice.index), pending)
  }
}

function randomSurvivors(prng: SeededPrng, pending: readonly PendingChange[]): boolean[] {
  const isJournalled = prng.chance(0.5)
  const share = prng.pick([0.1, 0.3, 0.5, 0.7, 0.9])
  const lost = new Set<unknown>()
  return pending.map(({ directory }) => {
    const survives = prng.chance(share) && !(isJournalled && lost.has(directory))
    if (directory !== null && !survives) lost.add(directory)
    return survives
  })
}

/** Whether each directory kept the oldest of its name changes: other pictures are harsher than a journal allows. */
export function isJournalled(pending: readonly PendingChange[], survives: readonly boolean[]): boolean {
  const lost = new Set<unknown>()
  return pending.every(({ directory }, i) => {
    if (directory === null) return true
    if (survives[i] !== true) lost.add(directory)
    return survives[i] !== true || !lost.has(directory)
  })
}

/** Every choice that is worth a look with so many pending changes, and `randoms` random ones from `seed` on. */
export function crashChoices(pendingCount: number, randoms: number, seed: number): CrashChoice[] {
  if (pendingCount === 0) return [NOTHING_SURVIVES]
  const choices: CrashChoice[] = [EVERYTHING_SURVIVES, NOTHING_SURVIVES]
  if (pendingCount === 1) return choices
  for (let index = 0; index < pendingCount; index++) {
    choices.push({ kind: 'only', index }, { kind: 'without', index })
    if (index > 1 && index < pendingCount - 1) choices.push({ kind: 'first', index })
  }
  for (let i = 0; i < randoms; i++) choices.push({ kind: 'random', index: (seed + i) >>> 0 })
  return choices
}

export function printChoice(choice: CrashChoice): string {
  return 'index' in choice ? `${choice.kind}:${choice.index}` : choice.kind
}

export function parseChoice(text: string): CrashChoice {
  const [kind = '', digits = ''] = text.split(':')
  if (kind === 'all' || kind === 'none') return { kind }
  const index = Number(digits)
  assert(Number.isSafeInteger(index) && digits !== '', `a choice is all, none or <kind>:<number>, got '${text}'`)
  if (kind === 'only' || kind === 'without' || kind === 'first' || kind === 'random') return { kind, index }
  throw new Error(`a choice is all, none, only:N, without:N, first:N or random:N, got '${text}'`)
}
