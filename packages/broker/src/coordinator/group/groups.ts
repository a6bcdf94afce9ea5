import type { Clock, Prng, Timer } from '@streambus/base'
import type { ErrorName } from '@streambus/protocol'
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from '@streambus/protocol/group-records'
import type { ConfigValues } from '../../config/schema.ts'
import type { Controller } from '../../controller/controller.ts'
import type { PartitionSet } from '../../partition/partition-set.ts'
import { GroupLag } from '../lag/group-lag.ts'
import { CoordinatorRuntime } from '../runtime/coordinator-runtime.ts'
import type { HostProbe } from '../runtime/shard-host.ts'
import type { LazyPatterns } from './consumer/lazy-patterns.ts'
import type { GroupTopics } from './consumer/subscriptions.ts'
import { type GroupDescription, overview } from './describe.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type { GroupProbe } from './group-probe.ts'
import type { GroupSettings } from './group-settings.ts'
import { GroupShard } from './group-shard.ts'
import { OFFSETS_TOPIC, OffsetsTopic } from './offsets-topic.ts'

/** How often it is looked where partitions and groups are, for what is judged by comparing moments. */
const SAMPLE_MS = 10_000

export interface GroupsOptions {
  readonly controller: Controller
  readonly partitions: Pick<PartitionSet, 'find'>
  readonly clock: Clock
  readonly prng: Prng
  /** Settings in force now. */
  readonly settings: () => ConfigValues
  /** The clock that retention goes by. */
  readonly retentionNowMs: () => number
  readonly patterns: LazyPatterns
  readonly probe: GroupProbe
  readonly hostProbe: HostProbe
}

/** The group coordinator of this broker over the partitions that it leads, and what there is to see of its groups. */
export class Groups {
  readonly coordinator: GroupCoordinator
  readonly runtime: CoordinatorRuntime<GroupShard, GroupRecord>
  readonly topic: OffsetsTopic
  /** How far the groups have come. */
  readonly lag: GroupLag
  readonly #clock: Clock
  readonly #topics: GroupTopics
  #timer: Timer | null = null

  constructor(options: GroupsOptions) {
    const { controller, partitions, clock, prng, patterns, settings, hostProbe, retentionNowMs } = options
    this.#clock = clock
    this.#topics = controller.image
    this.topic = new OffsetsTopic(controller, () => ({
      partitionCount: settings()['offsets.topic.num.partitions'],
      replicationFactor: settings()['offsets.topic.replication.factor'],
      segmentBytes: settings()['offsets.topic.segment.bytes']
    }))
    const find = (topic: string, index: number) => partitions.find(topic, index)
    const lag = new GroupLag({
      shards: () => this.runtime.shards(),
      shardOf: groupId => this.runtime.shardOf(groupId),
      find,
      clock,
      retentionNowMs
    })
    const probe = withLag(options.probe, lag)
    this.lag = lag
    this.runtime = new CoordinatorRuntime<GroupShard, GroupRecord>({
      topic: OFFSETS_TOPIC,
      partitionCount: () => this.topic.partitionCount,
      find: index => find(OFFSETS_TOPIC, index),
      clock,
      format: { encode: encodeGroupRecord, decode: decodeGroupRecord },
      createShard: timers => {
        const shared = { prng, probe, offsets: lag, topics: this.#topics, patterns }
        return new GroupShard({ ...shared, timers, settings: () => groupSettings(settings()) })
      },
      commitTimeoutMs: () => settings()['offsets.commit.timeout.ms'],
      probe: hostProbe
    })
    this.coordinator = new GroupCoordinator(this.runtime, { topics: this.#topics, patterns })
    controller.onImage(changed => {
      this.#forgetDeleted(changed)
      return null
    })
  }

  start(): void {
    this.runtime.adopt()
    this.#sampleLater()
  }

  /** Whoever waits gets the error, which should make clients try again. */
  close(error: ErrorName): void {
    this.#timer?.cancel()
    this.runtime.close(error)
  }

  describe(groupId: string): GroupDescription | null {
    const group = this.runtime.shardOf(groupId)?.find(groupId)
    return group === undefined ? null : overview(group, this.#topics)
  }

  /** In the same turn as their deletion, so that no commit for a topic of the same name comes between. */
  #forgetDeleted(changed: ReadonlySet<string>): void {
    const deleted = new Set<string>()
    for (const name of changed) if (this.#topics.topicByName(name) === undefined) deleted.add(name)
    if (deleted.size > 0) this.runtime.tellAll(shard => shard.topicsDeleted(deleted))
  }

  #sampleLater(): void {
    this.#timer = this.#clock.after(SAMPLE_MS, () => {
      this.lag.sample()
      this.#sampleLater()
    })
  }
}

function withLag(probe: GroupProbe, lag: GroupLag): GroupProbe {
  return {
    ...probe,
    groupDeleted(groupId) {
      lag.groupDeleted(groupId)
      probe.groupDeleted(groupId)
    }
  }
}

function groupSettings(values: ConfigValues): GroupSettings {
  return {
    sessionTimeoutMinMs: values['group.min.session.timeout.ms'],
    sessionTimeoutMaxMs: values['group.max.session.timeout.ms'],
    initialRebalanceDelayMs: values['group.initial.rebalance.delay.ms'],
    membersMax: values['group.max.size'],
    metadataBytesMax: values['offset.metadata.max.bytes'],
    offsetsRetentionMs: values['offsets.retention.minutes'] * 60_000,
    expiryCheckMs: values['offsets.retention.check.interval.ms'],
    consumer: {
      sessionTimeoutMs: values['group.consumer.session.timeout.ms'],
      heartbeatIntervalMs: values['group.consumer.heartbeat.interval.ms'],
      membersMax: values['group.consumer.max.size'],
      assignors: values['group.consumer.assignors'],
      migrationPolicy: values['group.consumer.migration.policy']
    }
  }
}
