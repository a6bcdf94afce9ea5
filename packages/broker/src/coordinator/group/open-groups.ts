import type { Clock, Prng } from '@streambus/base'
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from '@streambus/protocol/group-records'
import type { ConfigValues } from '../../config/schema.ts'
import type { Controller } from '../../controller/controller.ts'
import type { PartitionSet } from '../../partition/partition-set.ts'
import { CoordinatorRuntime } from '../runtime/coordinator-runtime.ts'
import type { HostProbe } from '../runtime/shard-host.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type { GroupProbe } from './group-probe.ts'
import type { GroupSettings } from './group-settings.ts'
import { GroupShard } from './group-shard.ts'
import { OFFSETS_TOPIC, OffsetsTopic } from './offsets-topic.ts'

export interface OpenGroupsOptions {
  readonly controller: Controller
  readonly partitions: Pick<PartitionSet, 'find'>
  readonly clock: Clock
  readonly prng: Prng
  /** Settings in force now. */
  readonly settings: () => ConfigValues
  readonly probe: GroupProbe
  readonly hostProbe: HostProbe
}

/** The group coordinator of this broker over the partitions that it leads. */
export interface Groups {
  readonly coordinator: GroupCoordinator
  readonly runtime: CoordinatorRuntime<GroupShard, GroupRecord>
  readonly topic: OffsetsTopic
}

export function openGroups(options: OpenGroupsOptions): Groups {
  const { controller, partitions, clock, prng, settings, probe, hostProbe } = options
  const topic = new OffsetsTopic(controller, () => ({
    partitionCount: settings()['offsets.topic.num.partitions'],
    replicationFactor: settings()['offsets.topic.replication.factor'],
    segmentBytes: settings()['offsets.topic.segment.bytes']
  }))
  const runtime = new CoordinatorRuntime<GroupShard, GroupRecord>({
    topic: OFFSETS_TOPIC,
    partitionCount: () => topic.partitionCount,
    find: index => partitions.find(OFFSETS_TOPIC, index),
    clock,
    format: { encode: encodeGroupRecord, decode: decodeGroupRecord },
    createShard: timers => new GroupShard({ timers, settings: () => groupSettings(settings()), prng, probe }),
    commitTimeoutMs: () => settings()['offsets.commit.timeout.ms'],
    probe: hostProbe
  })
  return { coordinator: new GroupCoordinator(runtime), runtime, topic }
}

function groupSettings(values: ConfigValues): GroupSettings {
  return {
    sessionTimeoutMinMs: values['group.min.session.timeout.ms'],
    sessionTimeoutMaxMs: values['group.max.session.timeout.ms'],
    initialRebalanceDelayMs: values['group.initial.rebalance.delay.ms'],
    membersMax: values['group.max.size'],
    metadataBytesMax: values['offset.metadata.max.bytes'],
    offsetsRetentionMs: values['offsets.retention.minutes'] * 60_000,
    expiryCheckMs: values['offsets.retention.check.interval.ms']
  }
}
