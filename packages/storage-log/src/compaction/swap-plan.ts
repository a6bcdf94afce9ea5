import { crc32c } from '@streambus/base'
import { parseRows, printRows } from '../directory/checkpoints.ts'
import { logFileName } from '../file-names.ts'

/** What the cleaned segment is called until it is in place. */
export const CLEANED_SUFFIX = '.cleaned'
export const SWAP_SUFFIX = '.swap'
/** The files of a segment. */
export const SEGMENT_KINDS = ['log', 'index', 'timeindex', 'txnindex'] as const
const CLEANED = /^(\d{20})\.(log|index|timeindex|txnindex|swap)\.cleaned$/
const SWAPPED = /^(\d{20})\.(log|index|timeindex|txnindex)\.swap$/
const MANIFEST = /^(\d{20})\.swap$/

export type SwapStep =
  | { readonly do: 'rename'; readonly from: string; readonly to: string }
  | { readonly do: 'remove'; readonly name: string }
  /** fsync of the directory. */
  | { readonly do: 'sync' }

export interface SwapRecovery {
  readonly steps: readonly SwapStep[]
  /** Not null: nothing may be opened and nothing was planned; why, and in which file. */
  readonly damaged: { readonly name: string; readonly reason: string } | null
}

export interface SwapRecoveryInput {
  /** Names in the partition directory. */
  readonly names: readonly string[]
  /** Text of every file that `isManifestName` says yes to. */
  readonly manifests: ReadonlyMap<string, string>
}

export function manifestName(baseOffset: number): string {
  return `${String(baseOffset).padStart(20, '0')}${SWAP_SUFFIX}`
}

export function isManifestName(name: string): boolean {
  return MANIFEST.test(name)
}

/**
 * Base offsets of the segments that a cleaned one replaces, ascending; the first is also its own. Kafka's checkpoint
 * format with one line per segment and a CRC-32C in the last.
 */
export function printManifest(replaced: readonly number[]): string {
  const rows = replaced.map(base => `replaces ${base}`)
  return printRows([...rows, `crc ${crc32c(Buffer.from(rows.join('\n')))}`])
}

/** Null when the text is not a whole manifest. */
export function parseManifest(text: string): number[] | null {
  const rows = parseRows(text, 2)
  const last = rows?.pop()
  if (rows === null || last === undefined || rows.length === 0) return null
  const replaced = rows.map(row => Number(row[1]))
  const isRising = replaced.every((base, i) => Number.isSafeInteger(base) && base > (replaced[i - 1] ?? -1))
  return isRising && printManifest(replaced) === text ? replaced : null
}

/**
 * Brings a directory out of any crash during a swap, to the old or to the new contents. Pure. Steps between two syncs
 * may reach the disk in any order or not at all: planning again after the crash gives the rest.
 *
 * The manifest is the commit: it appears by one rename after the cleaned files were durable, and goes after the last
 * old file has gone. With it the swap is finished, without it the cleaned files are dropped. A `.swap` data file is not
 * ours (Kafka writes them, without a manifest): it is taken when its segment is missing, as then nothing else has its
 * records.
 */
export function planSwapRecovery(input: SwapRecoveryInput): SwapRecovery {
  const names = new Set(input.names)
  const steps: SwapStep[] = []
  for (const name of [...names].filter(isManifestName).sort()) {
    const replaced = parseManifest(input.manifests.get(name) ?? '')
    const damaged = replaced === null ? null : missingSegment(replaced, names)
    if (damaged !== null) return { steps: [], damaged }
    if (replaced !== null) finish(replaced, names, steps)
    else if (names.has(`${name.replace(SWAP_SUFFIX, '.log')}${CLEANED_SUFFIX}`)) undo(name, names, steps)
    else {
      return { steps: [], damaged: { name, reason: 'the list of the segments that a cleaned one replaces is damaged' } }
    }
  }
  dropUncommitted(names, steps)
  return { steps, damaged: null }
}

/** Steps from a manifest to the new contents, whatever of them was done before. `names` is kept up to date. */
export function finish(replaced: readonly number[], names: Set<string>, steps: SwapStep[]): void {
  const base = replaced[0] as number
  for (const kind of SEGMENT_KINDS) {
    const to = logFileName(base, kind)
    if (names.has(to + CLEANED_SUFFIX)) rename(to + CLEANED_SUFFIX, to, names, steps)
  }
  steps.push({ do: 'sync' })
  if (replaced.length > 1) {
    for (const old of replaced.slice(1)) {
      for (const kind of SEGMENT_KINDS) remove(logFileName(old, kind), names, steps)
    }
    steps.push({ do: 'sync' })
  }
  remove(manifestName(base), names, steps)
  // A manifest that comes back would remove segments that were created since under the same names.
  steps.push({ do: 'sync' })
}

function missingSegment(replaced: readonly number[], names: ReadonlySet<string>): SwapRecovery['damaged'] {
  const name = logFileName(replaced[0] as number, 'log')
  const isThere = names.has(name) || names.has(name + CLEANED_SUFFIX)
  return isThere ? null : { name, reason: 'a swap was under way, and neither the old nor the cleaned file is there' }
}

/**
 * The manifest cannot be read, but the data file was not renamed yet, and old files go after that. The indexes may have
 * been renamed: they are caches.
 */
function undo(manifest: string, names: Set<string>, steps: SwapStep[]): void {
  const base = Number.parseInt(manifest, 10)
  for (const kind of ['index', 'timeindex', 'txnindex'] as const) remove(logFileName(base, kind), names, steps)
  for (const kind of SEGMENT_KINDS) remove(logFileName(base, kind) + CLEANED_SUFFIX, names, steps)
  remove(manifest, names, steps)
  steps.push({ do: 'sync' })
}

function dropUncommitted(names: Set<string>, steps: SwapStep[]): void {
  const before = steps.length
  for (const name of [...names].sort()) {
    if (CLEANED.test(name)) remove(name, names, steps)
    const [, base = '', kind] = SWAPPED.exec(name) ?? []
    if (kind !== 'log') continue
    const isMissing = !names.has(`${base}.log`)
    for (const each of SEGMENT_KINDS) {
      const swapped = `${base}.${each}${SWAP_SUFFIX}`
      if (!isMissing) remove(swapped, names, steps)
      else if (names.has(swapped)) rename(swapped, `${base}.${each}`, names, steps)
      else remove(`${base}.${each}`, names, steps)
    }
  }
  for (const name of names) if (SWAPPED.test(name)) remove(name, names, steps)
  if (steps.length > before) steps.push({ do: 'sync' })
}

function rename(from: string, to: string, names: Set<string>, steps: SwapStep[]): void {
  names.delete(from)
  names.add(to)
  steps.push({ do: 'rename', from, to })
}

function remove(name: string, names: Set<string>, steps: SwapStep[]): void {
  if (names.delete(name)) steps.push({ do: 'remove', name })
}
