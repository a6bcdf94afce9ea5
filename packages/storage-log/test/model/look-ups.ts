import type { AbortedTransaction } from '../../src/index.ts'
import { must } from '../crash/contents.ts'
import { readAll } from '../helpers.ts'
import { decodeStored, type OracleBatch, outcomesOf } from './oracle.ts'
import type { World } from './world.ts'

/** One read gives whole batches from the right place on, in order, and not too many. */
export function checkRead(
  world: World,
  options: { fromOffset: number; untilOffset: number; bytesMax: number; minOneBatch: boolean }
): void {
  const { fromOffset, untilOffset, bytesMax, minOneBatch } = options
  const wanted = world.batches.filter(batch => batch.lastOffset >= fromOffset && batch.lastOffset < untilOffset)
  const read = world.log.read(options)
  const found = read.buffer === null ? [] : decodeStored(Buffer.from(read.buffer))
  const { nextOffset, bytes } = read
  read.release()
  const what = `a read ${JSON.stringify(options)}`
  found.forEach((batch, i) => {
    must(wanted[i]?.bytes.equals(batch.bytes) === true, () => `${what} gives ${batch.baseOffset} at ${i}`)
  })
  const [first] = wanted
  const isFirstDue = first !== undefined && (minOneBatch || first.bytes.length <= bytesMax)
  must(found.length > 0 || !isFirstDue, () => `${what} gives nothing`)
  must(bytes <= bytesMax || (minOneBatch && found.length === 1), () => `${what} gives ${bytes} bytes`)
  const next = wanted[found.length]
  const least = (found.at(-1)?.lastOffset ?? fromOffset - 1) + 1
  must(nextOffset >= least && nextOffset <= Math.max(least, next?.baseOffset ?? world.end), () => {
    return `${what} says that ${nextOffset} comes next`
  })
}

export function checkBytesBetween(world: World, fromOffset: number, untilOffset: number): void {
  let wanted = 0
  for (const { bytes, lastOffset } of world.batches) {
    if (lastOffset >= fromOffset && lastOffset < untilOffset) wanted += bytes.length
  }
  const found = world.log.bytesBetween(fromOffset, untilOffset)
  must(found === wanted, () => `${found} bytes between ${fromOffset} and ${untilOffset}, not ${wanted}`)
}

interface RecordTime {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** A look-up by the time of any record, or right after it, and the newest record. */
export function checkTimes(world: World, at: number, later: number): void {
  const records: RecordTime[] = []
  for (const { records: mine, leaderEpoch } of world.visible) {
    for (const { offset, timestamp } of mine)
      if (offset >= world.start) records.push({ offset, timestamp, leaderEpoch })
  }
  const anyTime = records[at % Math.max(1, records.length)]?.timestamp ?? 0
  const timestamp = Math.max(0, anyTime) + later
  const wanted = records.find(record => record.timestamp >= timestamp) ?? null
  same(`the first record since ${timestamp}`, world.log.offsetForTimestamp(timestamp), wanted)
  const max = records.reduce((most, record) => Math.max(most, record.timestamp), -1)
  const newest = max < 0 ? null : (records.find(record => record.timestamp === max) ?? null)
  same('the newest record', world.log.offsetOfMaxTimestamp(), newest)
}

function same(what: string, found: RecordTime | null, wanted: RecordTime | null): void {
  const isSame =
    found?.offset === wanted?.offset &&
    found?.timestamp === wanted?.timestamp &&
    found?.leaderEpoch === wanted?.leaderEpoch
  must(isSame, () => `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
}

/** The epoch of every batch is the one in its header, and it ends before the next one begins. */
export function checkEpochs(world: World): void {
  const { visible, log } = world
  visible.forEach(({ leaderEpoch, baseOffset, lastOffset }, i) => {
    const found = log.epochOf(Math.max(baseOffset, world.start))
    must(found === leaderEpoch, () => `offset ${baseOffset} is said to be of epoch ${found}, not ${leaderEpoch}`)
    const next = visible[i + 1]
    if (next?.leaderEpoch === leaderEpoch) return
    const { epoch, endOffset } = log.endOffsetForEpoch(leaderEpoch)
    const most = next?.baseOffset ?? world.end
    must(epoch === leaderEpoch && endOffset > lastOffset && endOffset <= most, () => {
      return `epoch ${leaderEpoch} is said to end at ${endOffset} (${epoch}), not in ${lastOffset + 1} … ${most}`
    })
  })
}

/** What a consumer with read_committed is given from any offset on: committed records only, and all of them. */
export function checkConsumer(world: World, fromOffset: number): void {
  const { log, lastStableOffset: untilOffset } = world
  if (fromOffset >= untilOffset) return
  const outcomes = outcomesOf(world.batches, world.highWatermark)
  const wanted: number[] = []
  for (const batch of world.batches) {
    if (batch.isControl || batch.lastOffset >= untilOffset || outcomes.get(batch.baseOffset) === 'aborted') continue
    for (const { offset } of batch.records) if (offset >= fromOffset) wanted.push(offset)
  }
  const batches = decodeStored(readAll(log, fromOffset)).filter(batch => batch.lastOffset < untilOffset)
  const found = consume(batches, log.abortedTransactions(fromOffset, untilOffset)).filter(
    offset => offset >= fromOffset
  )
  must(found.join() === wanted.join(), () => {
    return `a consumer from ${fromOffset} to ${untilOffset} sees ${found.join()}, not ${wanted.join()}`
  })
}

/** As Kafka's consumer does it: a transaction counts as aborted from its first offset to its marker. */
function consume(batches: readonly OracleBatch[], transactions: readonly AbortedTransaction[]): number[] {
  const waiting = [...transactions].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborted = new Set<number>()
  const seen: number[] = []
  for (const batch of batches) {
    while (waiting[0] !== undefined && waiting[0].firstOffset <= batch.lastOffset) {
      aborted.add((waiting.shift() as AbortedTransaction).producerId)
    }
    if (batch.isControl) {
      if (batch.marker === 'abort') aborted.delete(batch.producerId)
    } else if (!batch.isTransactional || !aborted.has(batch.producerId)) {
      for (const { offset } of batch.records) seen.push(offset)
    }
  }
  return seen
}
