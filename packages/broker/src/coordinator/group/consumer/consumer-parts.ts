import type { Prng } from '@streambus/base'
import type { GroupRecord } from '@streambus/protocol/group-records'
import type { ShardTimers } from '../../runtime/shard.ts'
import type { PartitionAssignor } from '../assignor/assignor.ts'
import { rangeAssignor } from '../assignor/range.ts'
import { uniformAssignor } from '../assignor/uniform.ts'
import type { GroupProbe } from '../group-probe.ts'
import type { GroupSettings } from '../group-settings.ts'
import { ClassicMembers } from './classic-members.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { ConsumerVerbs } from './consumer-verbs.ts'
import { Lifetimes } from './lifetimes.ts'
import { Migration } from './migration.ts'
import { type Patterns, RegexRefresh } from './regex-refresh.ts'
import type { GroupTopics } from './subscriptions.ts'

export interface ConsumerPartsOptions {
  readonly timers: ShardTimers<GroupRecord>
  readonly settings: () => GroupSettings
  readonly prng: Prng
  readonly probe: GroupProbe
  readonly topics: GroupTopics
  readonly patterns: Patterns
  /** The group of that id if it is of the consumer protocol. */
  readonly find: (groupId: string) => ConsumerGroup | undefined
}

/** What decides about groups of the consumer protocol. */
export interface ConsumerParts {
  readonly verbs: ConsumerVerbs
  readonly classicMembers: ClassicMembers
  readonly lifetimes: Lifetimes
  readonly migration: Migration
}

/** By name; the first is the default where nothing else is set. */
const ASSIGNORS: ReadonlyMap<string, PartitionAssignor> = new Map(
  [uniformAssignor, rangeAssignor].map(assignor => [assignor.name, assignor])
)

export function consumerParts(options: ConsumerPartsOptions): ConsumerParts {
  const { settings } = options
  const migration = new Migration(options)
  const lifetimes = new Lifetimes({
    ...options,
    downgrade: (group, without, nowMs) => migration.downgrade(group, without, { by: null, nowMs })
  })
  const changed = (group: ConsumerGroup, nowMs: number): void =>
    lifetimes.progressed(group.groupId, 'topics_changed', nowMs)
  const regexes = new RegexRefresh({ ...options, changed })
  const assignorOf = (name: string): PartitionAssignor =>
    ASSIGNORS.get(name) ?? ASSIGNORS.get(settings().consumer.assignors[0] ?? '') ?? uniformAssignor
  const all = { ...options, migration, lifetimes, regexes, assignorOf }
  return { verbs: new ConsumerVerbs(all), classicMembers: new ClassicMembers(all), lifetimes, migration }
}
