import path from 'node:path'
import { BufferPool } from '@streambus/base'
import { nodeClock, nodeDisk } from '@streambus/base/node'
import { type BatchRules, validateBatch } from '@streambus/protocol/records'
import { LOG_CONFIG_DEFAULTS, Log, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { type BatchShape, buildBatch, mix } from './batch.ts'
import type { MicroBench } from './micro-bench.ts'

const KIB = 1024
const WIDE = 1e15

function rules(checkRecords: boolean): BatchRules {
  return {
    maxMessageBytes: 2 * KIB * KIB,
    isCompacted: false,
    timestampType: 'CreateTime',
    nowMs: Date.now(),
    timestampBeforeMaxMs: WIDE,
    timestampAfterMaxMs: WIDE,
    apiVersion: 9,
    checkRecords,
    targetCodec: 'producer',
    decompressedBytesMax: 64 * KIB * KIB
  }
}

function validate(shape: BatchShape, checkRecords: boolean, full: boolean): MicroBench {
  const batch = buildBatch(shape, 1)
  const what = checkRecords ? 'CRC and records' : 'CRC'
  return {
    name: `validate a batch of ${shape.recordCount} × ${shape.recordBytes} B, ${what}`,
    count: full ? 2_000 : 5,
    bytes: batch.length,
    work: count => {
      const by = rules(checkRecords)
      let hash = 0
      for (let i = 0; i < count; i++) hash = mix(hash, validateBatch(batch, 0, batch.length, by).recordCount)
      return hash
    }
  }
}

function openLog(directory: string): Log {
  return Log.open({
    disk: nodeDisk,
    directory,
    config: LOG_CONFIG_DEFAULTS,
    clock: nodeClock,
    probe: SILENT_LOG_PROBE,
    cleanStart: true,
    buffers: new BufferPool(64 * KIB * KIB),
    onFatal: error => {
      throw error
    }
  })
}

/** Each round works on what the one before left: a log grows. */
function logAppend(directory: string, full: boolean): MicroBench {
  const batch = buildBatch({ recordBytes: KIB, recordCount: 16 }, 1)
  const summary = validateBatch(batch, 0, batch.length, rules(false))
  const log = openLog(path.join(directory, 'append-0'))
  const options = { leaderEpoch: 0, origin: 'client' } as const
  return {
    name: 'append one 16 KiB batch to a log, unsynced',
    count: full ? 1_000 : 5,
    bytes: batch.length,
    work: count => {
      const first = log.logEndOffset
      for (let i = 0; i < count; i++) log.append(batch, 0, batch.length, summary, options)
      return log.logEndOffset - first
    },
    close: () => log.closeClean()
  }
}

function logRead(directory: string, full: boolean): MicroBench {
  const batch = buildBatch({ recordBytes: KIB, recordCount: 16 }, 1)
  const summary = validateBatch(batch, 0, batch.length, rules(false))
  const log = openLog(path.join(directory, 'read-0'))
  for (let i = 0; i < 128; i++) log.append(batch, 0, batch.length, summary, { leaderEpoch: 0, origin: 'client' })
  return {
    name: 'read 1 MiB of a log from the page cache, pooled',
    count: full ? 200 : 5,
    bytes: KIB * KIB,
    work: count => {
      let hash = 0
      for (let i = 0; i < count; i++) {
        const read = log.read({
          fromOffset: (i % 8) * 16,
          untilOffset: log.logEndOffset,
          bytesMax: KIB * KIB,
          minOneBatch: true
        })
        hash = mix(hash, read.bytes)
        read.release()
      }
      return hash
    },
    close: () => log.closeClean()
  }
}

export function storageBenches(directory: string, full: boolean): MicroBench[] {
  return [
    validate({ recordBytes: KIB, recordCount: 64 }, false, full),
    validate({ recordBytes: KIB, recordCount: 64 }, true, full),
    validate({ recordBytes: 100, recordCount: 640 }, true, full),
    logAppend(directory, full),
    logRead(directory, full)
  ]
}
