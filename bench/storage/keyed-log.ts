import { forEachRecord, RecordBatchBuilder } from '@streambus/protocol/records'
import type { Log } from '@streambus/storage-log'
import { noise, walkBatches } from '../batch.ts'
import { check } from './context.ts'
import { append, loadBatch, openLog } from './logs.ts'

const RECORDS = 16
const VALUE_BYTES = 1024
const KEY_BYTES = 8

/** A log whose records have one of `keys` keys each, in no order, and what of it must survive a cleaning. */
export interface KeyedLog {
  readonly directory: string
  readonly sizeBytes: number
  readonly endOffset: number
  /** Base offset of the active segment. */
  readonly activeBase: number
  /** By key: its last offset below the active segment; −1 for a key that is not there. */
  readonly lastOffsets: Float64Array
}

/** Closed clean when this returns. */
export function writeKeyedLog(
  directory: string,
  sizes: { readonly logBytes: number; readonly segmentBytes: number; readonly keys: number }
): KeyedLog {
  const { logBytes, segmentBytes, keys } = sizes
  const log = openLog(directory, { config: { segmentBytes } })
  const builder = new RecordBatchBuilder()
  const values = noise(VALUE_BYTES * 64, 7)
  const { summary } = loadBatch(VALUE_BYTES, RECORDS)
  const chosen: number[] = []
  let state = 1
  while (log.sizeBytes < logBytes) {
    builder.reset()
    for (let i = 0; i < RECORDS; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      const number = Math.floor((state / 2 ** 32) * keys)
      const key = Buffer.alloc(KEY_BYTES)
      key.writeUInt32BE(number, 4)
      const at = (chosen.length % 63) * VALUE_BYTES
      builder.append({ key, value: values.subarray(at, at + VALUE_BYTES), timestamp: summary.maxTimestamp })
      chosen.push(number)
    }
    const bytes = builder.build()
    append(log, { bytes, summary: { ...summary, sizeBytes: bytes.length }, recordCount: RECORDS })
  }
  const { sizeBytes, logEndOffset: endOffset } = log
  const activeBase = log.activeSegment.baseOffset
  log.closeClean()
  const lastOffsets = new Float64Array(keys).fill(-1)
  for (let offset = 0; offset < activeBase; offset++) lastOffsets[chosen[offset] as number] = offset
  return { directory, sizeBytes, endOffset, activeBase, lastOffsets }
}

/** Throws unless exactly the last record of each key is left below the active segment, and all of that. */
export function checkCleaned(keyed: KeyedLog): void {
  const log = openLog(keyed.directory, { recoveryPoint: keyed.endOffset })
  const survivors = keyed.lastOffsets.filter(offset => offset >= 0).length
  const { closed, active } = countRecords(log, keyed)
  log.closeUnclean()
  check(closed === survivors, `${closed} records are left of ${survivors} keys`)
  check(active === keyed.endOffset - keyed.activeBase, `${active} records are left in the active segment`)
}

function countRecords(log: Log, keyed: KeyedLog): { closed: number; active: number } {
  const seen = { closed: 0, active: 0 }
  for (let fromOffset = 0; fromOffset < log.logEndOffset; ) {
    const read = log.read({ fromOffset, untilOffset: log.logEndOffset, bytesMax: 2 ** 20, minOneBatch: true })
    if (read.buffer === null) break
    const { buffer } = read
    let at = 0
    walkBatches(buffer, ({ bytes }) => {
      forEachRecord(buffer.subarray(at, at + bytes), {}, record => {
        const { offset } = record
        if (offset >= keyed.activeBase) seen.active++
        else {
          const key = Buffer.from(record.toRecord().key ?? []).readUInt32BE(4)
          check(keyed.lastOffsets[key] === offset, `offset ${offset} is left of key ${key}`)
          seen.closed++
        }
      })
      at += bytes
    })
    fromOffset = read.nextOffset
    read.release()
  }
  return seen
}
