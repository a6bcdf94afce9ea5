import { SILENT_LOG_PROBE } from '@streambus/storage-log'
import { ManualClock, MemoryDisk, SeededPrng } from '@streambus/testkit'
import { Controller } from '../../src/controller/controller.ts'
import type { ControllerProbe } from '../../src/controller/controller-probe.ts'
import type { MetadataImage, TopicImage } from '../../src/controller/image.ts'
import { QuorumOfOne } from '../../src/controller/quorum-of-one.ts'

const DIRECTORY = '/data/__cluster_metadata-0'

export interface HarnessOptions {
  readonly disk?: MemoryDisk
  readonly clock?: ManualClock
  /** Default: one. */
  readonly brokerIds?: readonly number[]
  readonly isClean?: boolean
  readonly probe?: ControllerProbe
  /** Default: only the setting `bad` is wrong. */
  readonly configProblem?: (configs: ReadonlyMap<string, string>) => string | null
}

/** A controller over a real log on a disk in memory. Opening it again on the same disk is a restart. */
export async function openController(options: HarnessOptions = {}) {
  const { disk = new MemoryDisk(), clock = new ManualClock(), brokerIds = [1], isClean = true } = options
  // The data directory is old; the log makes its own directory in it.
  disk.makeDirectory('/data')
  disk.syncDirectory('/')
  const log = new QuorumOfOne({
    disk,
    clock,
    directory: DIRECTORY,
    cleanStart: isClean,
    probe: SILENT_LOG_PROBE,
    onFatal: error => {
      throw error
    }
  })
  const controller = new Controller({
    log,
    clock,
    prng: new SeededPrng(log.term),
    ...(options.probe === undefined ? {} : { probe: options.probe }),
    defaults: () => ({ partitionCount: 2, replicationFactor: 1 }),
    placement: () => nodeId => `directory-${nodeId}`,
    roomProblem: () => null,
    configProblem: options.configProblem ?? (configs => (configs.has('bad') ? 'bad is not a setting' : null))
  })
  for (const nodeId of brokerIds) {
    await controller.register({ nodeId, host: `h${nodeId}`, port: 9092, rack: null, isClean, clusterId: 'cluster' })
  }
  return { disk, clock, log, controller }
}

/** A topic to create, with all defaults. */
export function wish(name: string, more: Partial<Parameters<Controller['createTopics']>[0][number]> = {}) {
  return {
    name,
    partitionCount: -1,
    replicationFactor: -1,
    assignments: null,
    configs: new Map<string, string>(),
    ...more
  }
}

/** Everything that an image says, as plain data to compare. */
export function dump(image: MetadataImage) {
  const plain = ({ name, id, partitions, configs }: TopicImage) => ({
    name,
    id,
    partitions,
    configs: byKey(configs)
  })
  const brokers = [...image.brokers.values()]
  return {
    clusterId: image.clusterId,
    controllerId: image.controllerId,
    nextProducerId: image.nextProducerId,
    topicCount: image.topicCount,
    partitionCount: image.partitionCount,
    brokers,
    topics: [...image.topics()].map(plain).sort((a, b) => (a.name < b.name ? -1 : 1)),
    brokerConfigs: ['', ...brokers.map(({ nodeId }) => String(nodeId))].map(name => [
      name,
      byKey(image.configsOf('broker', name))
    ])
  }
}

/** Entries in order of keys. */
export function byKey(map: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}
