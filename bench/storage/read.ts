import fs from 'node:fs'
import { createHistogram } from 'node:perf_hooks'
import type { Log } from '@streambus/storage-log'
import { summary } from '../latency.ts'
import { type Context, check, inDirectory, note, noteLatency } from './context.ts'
import { append, batchOf16, checkWhole, durable, fill, openLog } from './logs.ts'
import { dropPageCache } from './page-cache.ts'
import { bytesText } from './sizes.ts'

/** What one read call returned: the bare loop reads the same. */
interface Range {
  readonly position: number
  readonly bytes: number
}

/** Larger than any log of this bench: it stays in one file. */
const SEGMENT_BYTES = 2 ** 31 - 1
const TAIL_SHARE = 8

/** Chunk by chunk to the end. Offsets must follow; the checksums were compared before. */
function readLog(log: Log, bytesMax: number): { ranges: Range[]; ms: number } {
  const ranges: Range[] = []
  const untilOffset = log.logEndOffset
  let fromOffset = 0
  let position = 0
  const startMs = performance.now()
  while (fromOffset < untilOffset) {
    const read = log.read({ fromOffset, untilOffset, bytesMax, minOneBatch: true })
    check(read.buffer?.readBigInt64BE(0) === BigInt(fromOffset), `no batch begins at offset ${fromOffset}`)
    ranges.push({ position, bytes: read.bytes })
    position += read.bytes
    fromOffset = read.nextOffset
    read.release()
  }
  const ms = performance.now() - startMs
  check(position === log.sizeBytes, `${position} bytes were read of ${log.sizeBytes}`)
  return { ranges, ms }
}

/** The same ranges into one buffer. Returns milliseconds. */
function readBare(path: string, ranges: readonly Range[]): number {
  const fd = fs.openSync(path, 'r')
  let longest = 0
  for (const range of ranges) longest = Math.max(longest, range.bytes)
  const buffer = Buffer.alloc(longest, 1) // touched, so that its page faults are not counted
  let bytes = 0
  const startMs = performance.now()
  for (const range of ranges) bytes += fs.readSync(fd, buffer, 0, range.bytes, range.position)
  const ms = performance.now() - startMs
  fs.closeSync(fd)
  check(bytes === ranges.reduce((sum, range) => sum + range.bytes, 0), `${bytes} bytes were read bare`)
  return ms
}

function measureReads(context: Context, log: Log, at: { chunkBytes: number; isCold: boolean }): void {
  const { chunkBytes, isCold } = at
  const name = `read ${isCold ? 'cold' : 'in cache'} ${bytesText(chunkBytes)}`
  const rate = (ms: number): { unit: string; value: number } => ({ unit: 'MB/s', value: log.sizeBytes / ms / 1e3 })
  const { ranges } = readLog(log, chunkBytes)
  if (isCold) {
    // A virtual disk may be a file in another cache: once through, so that both find it alike.
    dropPageCache()
    readBare(log.activeSegment.path, ranges)
    dropPageCache()
  }
  note(context.figures, { name, system: 'bare' }, rate(readBare(log.activeSegment.path, ranges)))
  if (isCold) dropPageCache()
  note(context.figures, { name, system: 'log' }, rate(readLog(log, chunkBytes).ms))
}

/** Each batch is read as soon as it is written; the time of the reads alone. */
function measureTail(context: Context, log: Log, bytes: number): void {
  const batch = batchOf16()
  const fd = fs.openSync(log.activeSegment.path, 'r')
  const buffer = Buffer.allocUnsafeSlow(batch.bytes.length)
  const times = { log: createHistogram({ figures: 3 }), bare: createHistogram({ figures: 3 }) }
  for (let moved = 0; moved < bytes; moved += batch.bytes.length) {
    const fromOffset = log.logEndOffset
    const position = log.activeSegment.sizeBytes
    append(log, batch)
    const startNs = process.hrtime.bigint()
    const read = log.read({ fromOffset, untilOffset: log.logEndOffset, bytesMax: 2 ** 20, minOneBatch: true })
    const readNs = process.hrtime.bigint()
    const bareBytes = fs.readSync(fd, buffer, 0, batch.bytes.length, position)
    times.bare.record(process.hrtime.bigint() - readNs)
    times.log.record(readNs - startNs)
    check(read.bytes === bareBytes && read.buffer?.equals(batch.bytes) === true, `the tail at offset ${fromOffset}`)
    read.release()
  }
  fs.closeSync(fd)
  for (const system of ['bare', 'log'] as const) {
    noteLatency(context.figures, { name: 'read at the tail, 16 KiB', system }, summary(times[system]))
  }
}

/**
 * A log that was just written, once while its pages are there and once after they were dropped; and a reader that is
 * as fast as the writer.
 */
export async function benchRead(context: Context): Promise<void> {
  const { figures, progress, sizes } = context
  await inDirectory('read', async directory => {
    const batch = batchOf16()
    const log = openLog(`${directory}/read-0`, { config: { segmentBytes: SEGMENT_BYTES } })
    fill(log, batch, sizes.read.logBytes)
    await durable(log)
    checkWhole(log, Math.ceil(sizes.read.logBytes / batch.bytes.length))
    const canDrop = sizes.dropsPageCache && dropPageCache()
    if (!canDrop) progress('read cold: left out; emptying the page cache takes root')
    for (const chunkBytes of sizes.read.chunkBytes) readLog(log, chunkBytes)
    for (let repeat = 1; repeat <= sizes.repeats; repeat++) {
      progress(`read ${repeat}/${sizes.repeats}`)
      for (const chunkBytes of sizes.read.chunkBytes) {
        measureReads(context, log, { chunkBytes, isCold: false })
        if (canDrop) measureReads(context, log, { chunkBytes, isCold: true })
      }
      await inDirectory('tail', tail => {
        const growing = openLog(`${tail}/tail-0`, { config: { segmentBytes: SEGMENT_BYTES } })
        measureTail({ ...context, figures: new Map() }, growing, sizes.read.logBytes / TAIL_SHARE / TAIL_SHARE)
        measureTail({ ...context, figures }, growing, sizes.read.logBytes / TAIL_SHARE)
        growing.closeUnclean()
      })
    }
    log.closeUnclean()
  })
}
