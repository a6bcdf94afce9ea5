import { BufferPool, type Clock, type DiskError } from '@streambus/base'
import { LOG_CONFIG_DEFAULTS, LogDirectory, OpenFiles, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { type MemoryDisk, SeededPrng } from '@streambus/testkit'
import {
  BROKER_SETTINGS,
  type ConfigValues,
  Controller,
  DirectoryState,
  Groups,
  groupHandlers,
  HandlerRegistry,
  PartitionSet,
  Pipeline,
  QuorumOfOne,
  SILENT_GROUP_PROBE,
  type TopicSettings
} from './broker-parts.ts'
import type { Random } from './random.ts'

const SEGMENT_BYTES = 32 * 1024
const TOPIC_SETTINGS: TopicSettings = {
  log: { ...LOG_CONFIG_DEFAULTS, segmentBytes: SEGMENT_BYTES },
  flushPolicy: 'synced',
  compressionType: 'producer',
  maxMessageBytes: 1_048_588,
  isCompacted: false,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 3_600_000,
  minInsyncReplicas: 1,
  retentionDeletes: false
}
const DEFAULTS = Object.fromEntries(
  Object.entries(BROKER_SETTINGS).map(([name, setting]) => [name, setting.default])
) as ConfigValues

export interface ComposeOptions {
  readonly disk: MemoryDisk
  readonly clock: Clock
  readonly random: Random
  readonly settings: Partial<ConfigValues>
  /** Of storage: the process has to end at once. */
  readonly onFatal: (error: DiskError) => void
  readonly onBug: (what: string, error: unknown) => void
  /** A shard of the coordinator has read its log. */
  readonly onLoaded: (partition: number) => void
}

export interface Composition {
  readonly pipeline: Pipeline
  readonly groups: Groups
  readonly controller: Controller
  /** Looks at the topics again and opens what is missing, then the coordinator's shards. */
  adopt(): void
  /** An orderly stop after the last answer. */
  stop(): void
}

const NO_PARTITION_PROBE = {
  produced() {},
  consumed() {},
  committed() {},
  produceHandled() {},
  fetchHandled() {}
}

/** Lets everything run that waits for nothing but its turn: then an event is over, however busy the machine is. */
export function letRun(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** What `promise` gives; its syncs take no time. */
export async function completed<T>(disk: MemoryDisk, promise: Promise<T>): Promise<T> {
  const state = { isDone: false }
  const end = (): void => void (state.isDone = true)
  promise.then(end, end)
  while (!state.isDone) {
    disk.completeSyncs()
    await letRun()
  }
  return promise
}

/** A broker from its metadata log to its pipeline, with groups and nothing else, on a disk that may have a past. */
export async function compose(options: ComposeOptions): Promise<Composition> {
  const { disk, clock, random } = options
  const directory = LogDirectory.open(disk, '/data')
  const partitions = openPartitions(options, directory)
  const { metadataLog, controller } = openController(options, directory, partitions)
  const registered = controller.register({
    nodeId: 1,
    host: 'broker',
    port: 9092,
    rack: null,
    isClean: directory.cleanStart,
    clusterId: 'cluster'
  })
  await completed(disk, registered)
  const settings = (): ConfigValues => ({ ...DEFAULTS, ...options.settings })
  const groups = new Groups({
    controller,
    partitions,
    clock,
    prng: random.fork('member ids'),
    settings,
    retentionNowMs: () => clock.wallMs(),
    probe: SILENT_GROUP_PROBE,
    hostProbe: {
      loaded: options.onLoaded,
      skipped: (partition, offset, error) => options.onBug(`record ${partition}/${offset} was skipped`, error),
      loadFailed: (partition, error) => options.onBug(`shard ${partition} was not loaded`, error),
      bug: error => options.onBug('a timer', error)
    }
  })
  const registry = new HandlerRegistry(groupHandlers({ groups: groups.coordinator, controller }))
  const pipeline = new Pipeline({
    registry,
    probe: { started() {}, finished() {}, failed() {} },
    monotonicMs: () => 0,
    onBug: (api, error) => options.onBug(api, error)
  })
  return {
    pipeline,
    groups,
    controller,
    adopt() {
      partitions.apply(
        controller.image,
        [...controller.image.topics()].map(({ name }) => name)
      )
      groups.start()
    },
    stop() {
      partitions.close(true)
      metadataLog.close(true)
      const rows = [...partitions.all()].map(({ topic, index, log }) => {
        return { topic, partition: index, recoveryPoint: log.recoveryPoint, logStartOffset: log.logStartOffset }
      })
      directory.saveCheckpoints(rows)
      directory.markClean(metadataLog.term)
      directory.release()
    }
  }
}

function openController(
  { disk, clock, onFatal }: ComposeOptions,
  { cleanStart }: LogDirectory,
  partitions: PartitionSet
): { metadataLog: QuorumOfOne; controller: Controller } {
  const metadata = { directory: '/data/__cluster_metadata-0', cleanStart }
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
  return { metadataLog, controller }
}

function openPartitions({ disk, clock, onFatal }: ComposeOptions, directory: LogDirectory): PartitionSet {
  const state = new DirectoryState(directory.path, directory.ballast)
  return new PartitionSet({
    disk,
    clock,
    nodeId: 1,
    directories: [directory],
    idOf: () => 'data',
    lostIds: new Set(),
    stateOf: () => state,
    buffers: new BufferPool(1 << 20),
    openFiles: new OpenFiles(64),
    probe: NO_PARTITION_PROBE,
    logProbe: SILENT_LOG_PROBE,
    settingsOf: () => TOPIC_SETTINGS,
    onFatal,
    jitterShare: () => 0,
    onOffline: (_topic, _partition, error) => {
      throw error
    },
    onStray: path => {
      throw new Error(`${path} belongs to no topic`)
    }
  })
}
