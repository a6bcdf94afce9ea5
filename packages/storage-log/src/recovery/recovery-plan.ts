import { CORRUPT_SUFFIX, LEFTOVER_SUFFIXES, logFileName, parseLogFileName } from '../file-names.ts'

export interface RecoveryInput {
  /** Names in the partition directory. */
  readonly names: readonly string[]
  /** Whether the last stop left a clean marker. */
  readonly cleanStart: boolean
  /** Everything below was durable at the last checkpoint. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
}

export interface RecoveryPlan {
  /** A quarantined file that nobody has decided about: the log must not open. */
  readonly quarantined: string | null
  /** Files to delete, in this order. */
  readonly deletions: readonly string[]
  /** Base offsets of the segments to open, ascending. The last one is the active one. Empty: create the first. */
  readonly segments: readonly number[]
  /** Offsets of the producer snapshots, newest first. */
  readonly snapshots: readonly number[]
  /** How to treat the active segment: believe it, or check every batch from `recoveryPoint` on. */
  readonly activeMode: 'create' | 'trust' | 'scan'
  /** All records below were durable: damage there is no torn tail, and CRCs are compared from there on. */
  readonly recoveryPoint: number
}

/** Directory listing and checkpoints → what to do. Pure, so that every case is a table row in a test. */
export function planRecovery(input: RecoveryInput): RecoveryPlan {
  const bases = offsetsOf(input.names, 'log')
  // A record below the log start is deleted; a crash between two unlinks may have left any of its segments.
  const kept = bases.filter((_, i) => i === bases.length - 1 || (bases[i + 1] as number) > input.logStartOffset)
  const active = kept.at(-1)
  return {
    quarantined: input.names.find(name => name.endsWith(CORRUPT_SUFFIX)) ?? null,
    deletions: [
      ...input.names.filter(name => LEFTOVER_SUFFIXES.some(suffix => name.endsWith(suffix))),
      ...bases.filter(base => !kept.includes(base)).map(base => logFileName(base, 'log')),
      ...orphans(input.names, kept)
    ],
    segments: kept,
    snapshots: offsetsOf(input.names, 'snapshot').reverse(),
    activeMode: active === undefined ? 'create' : input.cleanStart ? 'trust' : 'scan',
    // A roll syncs the old segment before the new one exists, so only the last one can hold unsynced batches.
    recoveryPoint: Math.max(input.recoveryPoint, active ?? 0)
  }
}

function offsetsOf(names: readonly string[], kind: 'log' | 'snapshot'): number[] {
  const offsets: number[] = []
  for (const name of names) {
    const parsed = parseLogFileName(name)
    if (parsed?.kind === kind) offsets.push(parsed.baseOffset)
  }
  return offsets.sort((a, b) => a - b)
}

/** Index files whose segment is not there. */
function orphans(names: readonly string[], segments: readonly number[]): string[] {
  return names.filter(name => {
    const parsed = parseLogFileName(name)
    return parsed !== null && parsed.kind.endsWith('index') && !segments.includes(parsed.baseOffset)
  })
}
