import type { Random } from './random.ts'

/** Kinds of trouble. Each seed has its own choice and its own rates. */
export const FAULT_KINDS = [
  'delay',
  'loss',
  'duplicate',
  'late-duplicate',
  'stop',
  'kill',
  'power-cut',
  'slow-sync',
  'slow-load',
  'disk-full',
  'sync-error',
  'member-crash',
  'member-leave',
  'member-stall',
  'static',
  'double-instance',
  'admin',
  'delete-group',
  'delete-offsets',
  'tool-commit',
  'idle-group'
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

export interface Swarm {
  /** 0: this kind is off; 1: as often as it gets. */
  readonly rates: Readonly<Record<FaultKind, number>>
  readonly groupCount: number
  readonly membersPerGroup: number
  readonly partitionCount: number
  readonly offsetsPartitionCount: number
  readonly initialRebalanceDelayMs: number
  /** How long the trouble lasts. */
  readonly troubleMs: number
}

/** `without`: kinds that are switched off, which changes nothing about what the others draw. */
export function drawSwarm(root: Random, without: ReadonlySet<FaultKind>): Swarm {
  const random = root.fork('swarm')
  const isQuiet = random.chance(0.05)
  const rates = {} as Record<FaultKind, number>
  for (const kind of FAULT_KINDS) {
    const isOn = random.chance(0.6)
    const rate = random.pick([0.1, 0.3, 1])
    rates[kind] = isOn && !isQuiet && !without.has(kind) ? rate : 0
  }
  return {
    rates,
    groupCount: random.pick([1, 1, 2, 3]),
    membersPerGroup: random.between(1, 5),
    partitionCount: random.between(1, 6),
    offsetsPartitionCount: random.pick([1, 2, 3]),
    initialRebalanceDelayMs: random.pick([0, 500, 3_000]),
    troubleMs: random.between(40_000, 100_000)
  }
}
