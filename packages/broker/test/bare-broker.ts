import { BufferPool, type Clock, type DiskError } from '@streambus/base'
import { LOG_CONFIG_DEFAULTS, LogDirectory, OpenFiles, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { type MemoryDisk, SeededPrng } from '@streambus/testkit'
import { type ConfigValues, SETTINGS } from '../src/config/schema.ts'
import type { TopicSettings } from '../src/config/topic.ts'
import { Controller } from '../src/controller/controller.ts'
import { QuorumOfOne } from '../src/controller/quorum-of-one.ts'
import { DirectoryState } from '../src/partition/directory-state.ts'
import type { PartitionProbe } from '../src/partition/partition-probe.ts'
import { PartitionSet } from '../src/partition/partition-set.ts'

export const TOPIC_DEFAULTS: TopicSettings = {
  log: LOG_CONFIG_DEFAULTS,
  flushPolicy: 'synced',
  compressionType: 'producer',
  maxMessageBytes: 1_048_588,
  isCompacted: false,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 3_600_000,
  minInsyncReplicas: 1,
  retentionDeletes: true
}

export const BROKER_DEFAULTS = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default])
) as ConfigValues

export interface BareBrokerOptions {
  readonly disk: MemoryDisk
  readonly clock: Clock
  /** Of every topic. */
  readonly settings: TopicSettings
  readonly probe: PartitionProbe
  readonly onFatal: (error: DiskError) => void
  /** A directory in the log directory that belongs to no topic. */
  readonly onStray: (path: string) => void
}

/**
 * Node 1 of its own cluster, from its metadata log to its partitions, on a disk that may have a past: what is the same
 * in every broker without sockets. It is registered once `registered` resolves; partitions are for the caller to apply.
 */
export function openBareBroker({ disk, clock, settings, probe, onFatal, onStray }: BareBrokerOptions) {
  const directory = LogDirectory.open(disk, '/data')
  const directoryState = new DirectoryState(directory.path, directory.ballast)
  const pool = new BufferPool(1 << 20)
  const partitions = new PartitionSet({
    disk,
    clock,
    nodeId: 1,
    directories: [directory],
    idOf: () => 'data',
    lostIds: new Set(),
    stateOf: () => directoryState,
    buffers: pool,
    openFiles: new OpenFiles(64),
    probe,
    logProbe: SILENT_LOG_PROBE,
    settingsOf: () => settings,
    onFatal,
    jitterShare: () => 0,
    onOffline: (_topic, _partition, error) => {
      throw error
    },
    onStray
  })
  const metadata = { directory: '/data/__cluster_metadata-0', cleanStart: directory.cleanStart }
  const metadataLog = new QuorumOfOne({ disk, clock, probe: SILENT_LOG_PROBE, onFatal, ...metadata })
  const controller = new Controller({
    log: metadataLog,
    clock,
    prng: new SeededPrng(metadataLog.term),
    defaults: () => ({ partitionCount: 1, replicationFactor: 1 }),
    placement: () => partitions.placement(),
    roomProblem: () => null,
    configProblem: () => null
  })
  const isClean = directory.cleanStart
  const me = { nodeId: 1, host: 'broker', port: 9092, rack: null, isClean, clusterId: 'cluster' }
  return { directory, directoryState, pool, partitions, metadataLog, controller, registered: controller.register(me) }
}
