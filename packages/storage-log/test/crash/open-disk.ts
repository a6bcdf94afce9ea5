import type { DiskError } from '@streambus/base'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { type Hole, Log, type LogConfig, LogDirectory, type OpenFiles, SILENT_LOG_PROBE } from '../../src/index.ts'
import { TestClock } from '../helpers.ts'

const LOG_DIRECTORY = '/data'
export const TOPIC = 'orders'

/** A log directory with one partition, opened as a broker does it. */
export interface OpenedDisk {
  readonly directory: LogDirectory
  readonly log: Log
  readonly clock: TestClock
  readonly fatal: readonly DiskError[]
  /** As about once a minute. */
  checkpoint(): void
  /** As at a clean stop. */
  closeClean(): void
}

export interface OpenDiskOptions {
  readonly config: LogConfig
  readonly nowMs: number
  /** Default: the log's own. */
  readonly openFiles?: OpenFiles
}

/** Nothing that a power cut, a cut or compaction leaves is one. */
function holeFound({ path, fromOffset, untilOffset }: Hole): never {
  throw new Error(`a hole in ${path}: ${fromOffset} … ${untilOffset}`)
}

export function openDisk(disk: MemoryDisk, options: OpenDiskOptions): OpenedDisk {
  const clock = new TestClock()
  clock.nowMs = options.nowMs
  const shared = options.openFiles === undefined ? {} : { openFiles: options.openFiles }
  const fatal: DiskError[] = []
  const directory = LogDirectory.open(disk, LOG_DIRECTORY)
  const log = Log.open({
    disk,
    directory: directory.partitionPath(TOPIC, 0),
    config: options.config,
    clock,
    probe: { ...SILENT_LOG_PROBE, holeFound },
    cleanStart: directory.cleanStart,
    ...directory.checkpointOf(TOPIC, 0),
    ...shared,
    lowerRecoveryPoint: offset => directory.lowerCheckpoints(TOPIC, 0, offset),
    onFatal: error => fatal.push(error)
  })
  const saveCheckpoints = (): void => {
    const { recoveryPoint, logStartOffset } = log
    directory.saveCheckpoints([{ topic: TOPIC, partition: 0, recoveryPoint, logStartOffset }])
  }
  return {
    directory,
    log,
    clock,
    fatal,
    checkpoint() {
      log.saveCaches()
      saveCheckpoints()
    },
    closeClean() {
      log.closeClean()
      saveCheckpoints()
      directory.markClean(1)
      directory.release()
    }
  }
}
