import { type Clock, type Disk, DiskError, type DiskSpace } from '@streambus/base'
import type { Log, LogDirectory } from '@streambus/storage-log'
import type { Controller } from './controller/controller.ts'
import type { PartitionImage } from './controller/image.ts'
import type { MetadataLog } from './controller/metadata-log.ts'
import { INTERNAL_TOPICS } from './controller/topic-names.ts'
import type { Groups } from './coordinator/group/groups.ts'
import type { GroupLagView } from './coordinator/lag/lag-view.ts'
import type { GroupTimelines } from './coordinator/lag/timeline.ts'
import { measureSteps } from './measure-files.ts'
import type {
  BrokerCounts,
  BrokerStatus,
  BrokerView,
  ClusterView,
  CoordinatorView,
  GroupView,
  ListenerView,
  LogDirectoryView,
  OfflinePartition,
  PartitionView,
  QuorumView,
  ReplicaCounts,
  TopicView
} from './observability/broker-view.ts'
import type { FailedDirectory } from './open-directories.ts'
import type { DiskWatch } from './partition/disk-watch.ts'
import { inTurns } from './partition/in-turns.ts'
import type { Partition } from './partition/partition.ts'
import type { PartitionSet } from './partition/partition-set.ts'
import { countReplicas } from './replica-counts.ts'

/** What exists only once the start has come that far. */
export interface LiveParts {
  readonly controller: Controller
  readonly metadataLog: MetadataLog
  readonly partitions: PartitionSet
  readonly directories: readonly LogDirectory[]
  readonly failedDirectories: readonly FailedDirectory[]
  readonly diskWatch: DiskWatch
  readonly groups: Groups
  readonly timelines: GroupTimelines
}

export interface LiveViewOptions {
  readonly brokerId: number
  readonly rack: string | null
  readonly version: string
  readonly revision: string
  readonly environment: string
  readonly startedWallMs: number
  readonly startedMonotonicMs: number
  readonly clock: Clock
  readonly disk: Disk
  readonly listeners: () => readonly (ListenerView & { readonly pendingCount: number })[]
}

const NO_QUORUM: QuorumView = {
  state: 'unattached',
  voters: 0,
  votersReachable: 0,
  lastIndex: -1,
  appliedIndex: -1,
  entries: 0,
  sizeBytes: 0,
  pending: 0,
  lagMs: 0
}
const NO_COUNTS: Omit<BrokerCounts, 'pendingRequests'> = {
  topics: 0,
  partitions: 0,
  replicas: 0,
  segments: 0,
  pendingDeletion: { topics: 0, replicas: 0 }
}
const NO_REPLICAS: ReplicaCounts = {
  led: 0,
  underReplicated: 0,
  underMinIsr: 0,
  atMinIsr: 0,
  preferred: 0,
  preferredLed: 0
}
const NOTHING_YET: ClusterView = { clusterId: '', controllerId: -1, brokers: [], term: 0, commitIndex: 0 }

/** Of one turn of the event loop. */
const MEASURE_MS = 5

/** The read-only face of a broker for metrics, health and the admin API. */
export class LiveView implements BrokerView {
  readonly brokerId: number
  readonly rack: string | null
  readonly version: string
  readonly revision: string
  readonly environment: string
  readonly roles = 'broker,controller'
  readonly startedWallMs: number
  readonly startedMonotonicMs: number
  readonly #options: LiveViewOptions
  #status: BrokerStatus = 'starting'
  #parts: LiveParts | null = null
  readonly #spaces = new Map<string, SpaceAnswer>()

  constructor(options: LiveViewOptions) {
    this.#options = options
    this.brokerId = options.brokerId
    this.rack = options.rack
    this.version = options.version
    this.revision = options.revision
    this.environment = options.environment
    this.startedWallMs = options.startedWallMs
    this.startedMonotonicMs = options.startedMonotonicMs
  }

  groups(): Promise<readonly GroupLagView[]> {
    return this.#parts?.groups.lag.all() ?? Promise.resolve([])
  }

  async group(groupId: string): Promise<GroupView | null> {
    const { groups, timelines } = this.#parts ?? {}
    const lag = (await groups?.lag.one(groupId)) ?? null
    const description = groups?.describe(groupId) ?? null
    return lag && description && { lag, description, events: timelines?.eventsOf(groupId) ?? [] }
  }

  committedOffsets(): number {
    return this.#parts?.groups.lag.offsetCount ?? 0
  }

  coordinator(): CoordinatorView {
    return this.#parts?.groups.runtime.counts() ?? { shards: 0, loading: 0, failed: 0 }
  }

  attach(parts: LiveParts): void {
    this.#parts = parts
  }

  setStatus(status: BrokerStatus): void {
    this.#status = status
  }

  status(): BrokerStatus {
    return this.#status
  }

  counts(): BrokerCounts {
    const pendingRequests = this.#options.listeners().reduce((sum, listener) => sum + listener.pendingCount, 0)
    if (this.#parts === null) return { ...NO_COUNTS, pendingRequests }
    const { controller, partitions } = this.#parts
    let replicas = 0
    for (const topic of controller.image.topics())
      for (const { replicas: nodes } of topic.partitions) replicas += nodes.length
    let segments = 0
    for (const { log } of partitions.all()) segments += log.segmentCount
    const { topicCount, partitionCount } = controller.image
    const { pendingDeletion } = partitions
    return { topics: topicCount, partitions: partitionCount, replicas, segments, pendingRequests, pendingDeletion }
  }

  listeners(): readonly ListenerView[] {
    return this.#options.listeners()
  }

  logDirectories(): readonly LogDirectoryView[] {
    if (this.#parts === null) return []
    const { directories, failedDirectories, partitions, metadataLog, diskWatch } = this.#parts
    const opened = directories.map(directory => {
      const { sizeBytes, indexFiles } = metadataLog
      let usedBytes = metadataLog.directory.startsWith(`${directory.path}/`) ? sizeBytes + indexFiles.indexFileBytes : 0
      for (const { log } of partitions.in(directory)) usedBytes += log.sizeBytes + log.indexFiles.indexFileBytes
      const { refusal, failing, warning, isStalled } = diskWatch.stateOf(directory)
      const { space, error } = this.#spaceOf(directory.path, isStalled)
      return { path: directory.path, usedBytes, space, error, refusal: refusal ?? failing, warning, isStalled }
    })
    const failed = failedDirectories.map(({ path, error }) => {
      return { path, usedBytes: 0, space: null, error, refusal: null, warning: null, isStalled: false }
    })
    return [...opened, ...failed]
  }

  async measureFiles(): Promise<void> {
    if (this.#parts !== null) await inTurns(this.#options.clock, measureSteps(this.#parts), MEASURE_MS)
  }

  /** Those of all partitions. */
  *logs(): IterableIterator<Log> {
    for (const { log } of this.#parts?.partitions.all() ?? []) yield log
  }

  /** What waits in partitions. */
  *waitCounts(): IterableIterator<Partition['waitCounts']> {
    for (const { waitCounts } of this.#parts?.partitions.all() ?? []) yield waitCounts
  }

  offlinePartitions(): readonly OfflinePartition[] {
    return this.#parts === null ? [] : [...this.#parts.partitions.offline()]
  }

  cluster(): ClusterView {
    if (this.#parts === null) return NOTHING_YET
    const { image } = this.#parts.controller
    const { term, commitIndex } = this.#parts.metadataLog
    const brokers = [...image.brokers.values()].map(({ nodeId, host, port, rack }) => {
      return { id: nodeId, host, port, rack, isFenced: false }
    })
    return {
      clusterId: image.clusterId,
      controllerId: image.controllerId,
      brokers,
      term,
      commitIndex: Math.max(commitIndex, 0)
    }
  }

  quorum(): QuorumView {
    if (this.#parts === null) return NO_QUORUM
    const { controller, metadataLog } = this.#parts
    const { lastIndex, startIndex, sizeBytes, pendingCount: pending } = metadataLog
    const { appliedIndex, unappliedSinceMs } = controller
    const lagMs = unappliedSinceMs === null ? 0 : this.#options.clock.monotonicMs() - unappliedSinceMs
    const entries = lastIndex + 1 - startIndex
    const quorum = { state: 'leader', voters: 1, votersReachable: 1 } as const
    return { ...quorum, lastIndex, appliedIndex, entries, sizeBytes, pending, lagMs }
  }

  replicas(): ReplicaCounts {
    const { controller, partitions } = this.#parts ?? {}
    if (controller === undefined || partitions === undefined) return NO_REPLICAS
    return countReplicas(controller.image.topics(), partitions, this.brokerId)
  }

  topicNames(): readonly string[] {
    return [...(this.#parts?.controller.image.topics() ?? [])].map(({ name }) => name).sort()
  }

  topic(name: string): TopicView | null {
    const topic = this.#parts?.controller.image.topicByName(name)
    if (topic === undefined) return null
    const partitions = topic.partitions.map(partition => this.#partition(name, partition))
    return { name, id: topic.id, isInternal: INTERNAL_TOPICS.has(name), configs: topic.configs, partitions }
  }

  /** Asking a filesystem whose device is silent may block as long as the device is: then, what it said last. */
  #spaceOf(path: string, isStalled: boolean): SpaceAnswer {
    const known = this.#spaces.get(path)
    if (isStalled && known !== undefined) return known
    const answer = spaceOf(this.#options.disk, path)
    this.#spaces.set(path, answer)
    return answer
  }

  #partition(topic: string, { index, leader, leaderEpoch, replicas, isr }: PartitionImage): PartitionView {
    const partition = this.#parts?.partitions.find(topic, index)
    const local =
      partition === undefined
        ? null
        : {
            logStartOffset: partition.log.logStartOffset,
            highWatermark: partition.highWatermark,
            lastStableOffset: partition.lastStableOffset,
            lastAppendMs: partition.lastAppendMs,
            endOffset: partition.log.logEndOffset,
            sizeBytes: partition.log.sizeBytes,
            segments: partition.log.segmentCount
          }
    return { index, leader, leaderEpoch, replicas, isr, local }
  }
}

interface SpaceAnswer {
  readonly space: DiskSpace | null
  readonly error: string | null
}

function spaceOf(disk: Disk, path: string): SpaceAnswer {
  try {
    return { space: disk.space(path), error: null }
  } catch (error) {
    if (error instanceof DiskError) return { space: null, error: error.message }
    throw error
  }
}
