import type { Clock, DiskError } from '@streambus/base'
import { MemoryDisk } from '../../testkit/src/memory-disk.ts'
import {
  type AppendOptions,
  type AppendResult,
  LOG_CONFIG_DEFAULTS,
  Log,
  type LogConfig,
  type LogOptions
} from '../src/index.ts'
import { SILENT_LOG_PROBE } from '../src/log-probe.ts'
import { type BatchSpec, makeBatch } from './batches.ts'

export const DIRECTORY = '/data/orders-0'
export const CLIENT: AppendOptions = { leaderEpoch: 0, origin: 'client' }

export class TestClock implements Clock {
  nowMs = 1_700_000_000_000

  monotonicMs(): number {
    return this.nowMs
  }

  wallMs(): number {
    return this.nowMs
  }

  after(): { cancel(): void } {
    throw new Error('a log sets no timers')
  }
}

export function newDisk(options: ConstructorParameters<typeof MemoryDisk>[0] = {}): MemoryDisk {
  const disk = new MemoryDisk(options)
  disk.makeDirectory('/data')
  disk.syncDirectory('/')
  return disk
}

export const SMALL: LogConfig = { ...LOG_CONFIG_DEFAULTS, segmentBytes: 2000, indexIntervalBytes: 200 }

/** Fatal errors are collected instead of ending the process. */
export interface Opened {
  readonly log: Log
  readonly fatal: DiskError[]
  readonly rebuilt: string[]
}

export function openLog(disk: MemoryDisk, options: Partial<LogOptions> = {}): Opened {
  const fatal: DiskError[] = []
  const rebuilt: string[] = []
  const log = Log.open({
    disk,
    directory: DIRECTORY,
    config: SMALL,
    clock: new TestClock(),
    probe: { ...SILENT_LOG_PROBE, indexRebuilt: path => rebuilt.push(path) },
    cleanStart: false,
    onFatal: error => fatal.push(error),
    ...options
  })
  return { log, fatal, rebuilt }
}

export function append(log: Log, spec: Partial<BatchSpec> = {}, options: AppendOptions = CLIENT): AppendResult {
  const { bytes, summary } = makeBatch({ timestamps: [1000], ...spec })
  return log.append(bytes, 0, bytes.length, summary, options)
}

/** All bytes from `fromOffset` to the end, by reads of `bytesMax`. */
export function readAll(log: Log, fromOffset = log.logStartOffset, bytesMax = 700): Buffer {
  const parts: Buffer[] = []
  let offset = fromOffset
  while (offset < log.logEndOffset) {
    const read = log.read({ fromOffset: offset, untilOffset: log.logEndOffset, bytesMax, minOneBatch: true })
    if (read.buffer === null) break
    parts.push(Buffer.from(read.buffer))
    offset = read.nextOffset
    read.release()
  }
  return Buffer.concat(parts)
}

/** Lets the microtasks of automatic syncs run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}

export function repeat(value: number, count: number): number[] {
  return Array.from({ length: count }, () => value)
}
