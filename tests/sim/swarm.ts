import type { Random } from './random.ts'

const GENERAL_KINDS = [
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

/** What only groups with members of the consumer protocol are troubled by. */
const CONSUMER_KINDS = [
  'old-version',
  'regex',
  'resubscribe',
  'slow-poll',
  'slow-revoke',
  'hung-revoke',
  'restart-as-other',
  'cooperative',
  'new-partitions'
] as const

/** What was added later, so that it draws from a branch of its own. */
const LATER_KINDS = ['passing-topic'] as const

/** Kinds of trouble. Each seed has its own choice and its own rates. */
export const FAULT_KINDS = [...GENERAL_KINDS, ...CONSUMER_KINDS, ...LATER_KINDS] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

export const SESSION_MS_MAX = 10_000
export const REBALANCE_MS_MAX = 12_000

/** Which protocol the members of a group speak; mixed: now this one, now the other, as in a migration. */
export const GROUP_PROTOCOLS = ['classic', 'consumer', 'mixed'] as const
export type GroupProtocol = (typeof GROUP_PROTOCOLS)[number]

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
  /** Of each group. */
  readonly protocols: readonly GroupProtocol[]
  readonly consumerSessionTimeoutMs: number
  readonly consumerHeartbeatMs: number
  /** Of the topic that only members of the consumer protocol want; 0: there is none. */
  readonly otherPartitionCount: number
}

export interface SwarmLimits {
  /** Kinds that are switched off, which changes nothing about what the others draw. */
  readonly without: ReadonlySet<FaultKind>
  /** Of all groups, whatever is drawn; null: as it is drawn. */
  readonly protocol: GroupProtocol | null
}

export function drawSwarm(root: Random, { without, protocol }: SwarmLimits): Swarm {
  const random = root.fork('swarm')
  const isQuiet = random.chance(0.05)
  const rates = {} as Record<FaultKind, number>
  const drawRates = (kinds: readonly FaultKind[], from: Random): void => {
    for (const kind of kinds) {
      const isOn = from.chance(0.6)
      const rate = from.pick([0.1, 0.3, 1])
      rates[kind] = isOn && !isQuiet && !without.has(kind) ? rate : 0
    }
  }
  drawRates(GENERAL_KINDS, random)
  const general = {
    groupCount: random.pick([1, 1, 2, 3]),
    membersPerGroup: random.between(1, 5),
    partitionCount: random.between(1, 6),
    offsetsPartitionCount: random.pick([1, 2, 3]),
    initialRebalanceDelayMs: random.pick([0, 500, 3_000]),
    troubleMs: random.between(40_000, 100_000)
  }
  // A branch of its own: seeds with classic groups alone are what they were before there was anything else.
  const consumer = root.fork('swarm of the consumer protocol')
  drawRates(CONSUMER_KINDS, consumer)
  drawRates(LATER_KINDS, root.fork('swarm of what came later'))
  const isClassic = consumer.chance(0.2)
  const protocols = Array.from({ length: general.groupCount }, () => {
    const drawn = consumer.pick(['classic', 'consumer', 'consumer', 'mixed', 'mixed'] as const)
    return protocol ?? (isClassic ? 'classic' : drawn)
  })
  const consumerSessionTimeoutMs = consumer.between(6_000, SESSION_MS_MAX)
  const consumerHeartbeatMs = consumer.pick([500, 1_000, 2_000])
  const otherPartitionCount = consumer.pick([0, 1, 2, 4])
  const isOtherWanted = protocols.some(each => each !== 'classic')
  return {
    rates,
    ...general,
    protocols,
    consumerSessionTimeoutMs,
    consumerHeartbeatMs,
    otherPartitionCount: isOtherWanted ? otherPartitionCount : 0
  }
}
