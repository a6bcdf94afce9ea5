import { BufferPool } from '@streambus/base'
import { nodeClock, nodeDisk } from '@streambus/base/node'
import type { BatchSummary } from '@streambus/protocol/records'
import { LOG_CONFIG_DEFAULTS, Log, type LogConfig, type LogOptions, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { buildBatch, walkBatches } from '../batch.ts'
import { check } from './context.ts'

const READ_BYTES = 1024 * 1024
const BUFFERS = new BufferPool(64 * 1024 * 1024)

/** A batch that can be appended again and again: the log stamps offset and epoch in place. */
export interface LoadBatch {
  readonly bytes: Buffer
  readonly summary: BatchSummary
  readonly recordCount: number
}

export function loadBatch(recordBytes: number, recordCount: number): LoadBatch {
  const bytes = buildBatch({ recordBytes, recordCount }, 1)
  const timestampMs = Math.floor(performance.timeOrigin)
  const summary: BatchSummary = {
    sizeBytes: bytes.length,
    recordCount,
    lastOffsetDelta: recordCount - 1,
    baseTimestamp: timestampMs,
    maxTimestamp: timestampMs,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    isTransactional: false,
    codec: 'none',
    logAppendTimeMs: -1
  }
  return { bytes, summary, recordCount }
}

/** Some 16 KiB: sixteen records of 1 KiB. */
export function batchOf16(): LoadBatch {
  return loadBatch(1024, 16)
}

/** A log as the broker has it: real disk, real clock, pooled buffers. */
export function openLog(
  directory: string,
  options: Partial<Omit<LogOptions, 'config'>> & { readonly config?: Partial<LogConfig> } = {}
): Log {
  return Log.open({
    disk: nodeDisk,
    directory,
    clock: nodeClock,
    probe: SILENT_LOG_PROBE,
    cleanStart: true,
    buffers: BUFFERS,
    onFatal: error => {
      throw error
    },
    ...options,
    config: { ...LOG_CONFIG_DEFAULTS, ...options.config }
  })
}

const CLIENT = { leaderEpoch: 0, origin: 'client' } as const

export function append(log: Log, { bytes, summary }: LoadBatch): void {
  log.append(bytes, 0, bytes.length, summary, CLIENT)
}

/** Appends whole batches, at least `bytes` of them. */
export function fill(log: Log, batch: LoadBatch, bytes: number): void {
  for (let written = 0; written < bytes; written += batch.bytes.length) append(log, batch)
}

/** Resolves when everything appended so far survives a power cut. */
export async function durable(log: Log): Promise<void> {
  const target = log.logEndOffset
  if (log.durableEndOffset >= target) return
  await new Promise<void>(resolve => {
    log.onDurable(offset => {
      if (offset >= target) resolve()
    })
    log.requestSync()
  })
}

/** Reads a log from its start to its end: every checksum right, no offset missing, `batches` in all. */
export function checkWhole(log: Log, batches: number): void {
  let offset = log.logStartOffset
  let seen = 0
  while (offset < log.logEndOffset) {
    const read = log.read({
      fromOffset: offset,
      untilOffset: log.logEndOffset,
      bytesMax: READ_BYTES,
      minOneBatch: true
    })
    check(read.buffer !== null, `${log.directory} has nothing at offset ${offset}`)
    seen += walkBatches(read.buffer, ({ baseOffset, recordCount }) => {
      check(baseOffset === offset, `${log.directory} goes on at offset ${baseOffset}, expected ${offset}`)
      offset += recordCount
    })
    read.release()
  }
  check(seen === batches, `${log.directory} has ${seen} batches, ${batches} were appended`)
}
