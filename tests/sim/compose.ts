import type { Clock, DiskError } from '@streambus/base'
import type { MemoryDisk } from '@streambus/testkit'
import {
  BROKER_DEFAULTS,
  type ConfigValues,
  type Controller,
  Groups,
  groupHandlers,
  HandlerRegistry,
  LazyPatterns,
  openBareBroker,
  Pipeline,
  RequestClock,
  SILENT_GROUP_PROBE,
  SILENT_PARTITION_PROBE,
  SILENT_REQUEST_PROBE,
  TOPIC_DEFAULTS,
  type TopicSettings
} from './broker-parts.ts'
import { PASSING_TOPIC } from './passing-topic.ts'
import type { Random } from './random.ts'

const SEGMENT_BYTES = 32 * 1024
const TOPIC_SETTINGS: TopicSettings = {
  ...TOPIC_DEFAULTS,
  log: { ...TOPIC_DEFAULTS.log, segmentBytes: SEGMENT_BYTES },
  retentionDeletes: false
}

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
  const { disk, clock, random, onFatal } = options
  const { directory, partitions, metadataLog, controller, registered } = openBareBroker({
    disk,
    clock,
    settings: TOPIC_SETTINGS,
    probe: SILENT_PARTITION_PROBE,
    onFatal,
    onStray: path => {
      // Nobody opens or deletes partitions between starts.
      if (path.includes(`/${PASSING_TOPIC}-`)) return
      throw new Error(`${path} belongs to no topic`)
    }
  })
  await completed(disk, registered)
  const settings = (): ConfigValues => ({ ...BROKER_DEFAULTS, ...options.settings })
  // Loaded now: later it would come in a turn of its own choice.
  const patterns = new LazyPatterns()
  await patterns.load()
  const groups = new Groups({
    patterns,
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
  const registry = new HandlerRegistry(groupHandlers({ groups: groups.coordinator, controller, clock: options.clock }))
  const pipeline = new Pipeline({
    registry,
    probe: SILENT_REQUEST_PROBE,
    clock: new RequestClock(options.clock, false),
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
