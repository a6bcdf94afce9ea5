import { crc32c, readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import type { Log } from '../../src/index.ts'
import { makeBatch, makeMarker } from '../batches.ts'
import { append, CLIENT, DIRECTORY, newDisk, openLog, SMALL, settle } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

const FIRST = `${DIRECTORY}/00000000000000000000`
const ONE_SEGMENT = { ...SMALL, segmentBytes: 100_000 }

/** The batches all have the same size. Every entry but the last now points to the batch after its own. */
function shiftEntries(disk: MemoryDisk, batchBytes: number): void {
  const file = disk.open(`${FIRST}.index`)
  const bytes = Buffer.alloc(file.sizeBytes())
  file.read(bytes, 0)
  expect(bytes.length).toBeGreaterThan(24)
  for (let at = 4; at < bytes.length - 8; at += 8) bytes.writeInt32BE(bytes.readInt32BE(at) + batchBytes, at)
  file.write([bytes], 0)
  file.close()
}

/** Batches of one record each; backwards, so that no read begins where the one before has ended. */
function expectEveryRecord(log: Log): void {
  for (let offset = log.logEndOffset - 1; offset >= 0; offset--) {
    const read = log.read({ fromOffset: offset, untilOffset: log.logEndOffset, bytesMax: 1, minOneBatch: true })
    expect([read.buffer?.readBigInt64BE(0), read.nextOffset]).toEqual([BigInt(offset), offset + 1])
  }
}

/** A transaction of one record, and the marker that takes it back. */
function appendAborted(log: Log): void {
  append(log, { producerId: 4, isTransactional: true })
  const { bytes, summary } = makeMarker(4, 0, 1, 'abort')
  log.append(bytes, 0, bytes.length, summary, { leaderEpoch: 0, origin: 'coordinator' })
}

test('planted: the index of an ended segment is trusted without a look at the batch', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  const batchBytes = makeBatch({ timestamps: [1000], valueBytes: 100 }).bytes.length
  while (log.segmentCount < 2) append(log, { valueBytes: 100 })
  log.closeClean()
  shiftEntries(disk, batchBytes)
  expectEveryRecord(openLog(disk, { cleanStart: true }).log)
})

test('planted: a loaded index is trusted without a look at the batch', () => {
  const disk = newDisk()
  const { log } = openLog(disk, { config: ONE_SEGMENT })
  const batchBytes = makeBatch({ timestamps: [1000], valueBytes: 100 }).bytes.length
  for (let i = 0; i < 40; i++) append(log, { valueBytes: 100 })
  log.closeClean()
  shiftEntries(disk, batchBytes)
  expectEveryRecord(openLog(disk, { config: ONE_SEGMENT, cleanStart: true }).log)
})

test('planted: a start after a crash trusts the index without a look at the batch', async () => {
  const disk = newDisk()
  const { log } = openLog(disk, { config: ONE_SEGMENT })
  // A record whose value is a batch: somebody stores what he has captured.
  const inner = makeBatch({ timestamps: [1], valueBytes: 50 }).bytes
  const outer = makeBatch({ timestamps: [1000], valueBytes: 300 })
  const innerAt = 100
  inner.writeBigInt64BE(2n, 0)
  inner.copy(outer.bytes, innerAt)
  outer.bytes.writeUInt32BE(crc32c(outer.bytes.subarray(21)), 17)
  for (let i = 0; i < 4; i++) log.append(outer.bytes, 0, outer.bytes.length, outer.summary, CLIENT)
  log.requestSync()
  await settle()
  log.saveCaches()
  disk.kill()
  const file = disk.open(`${FIRST}.index`)
  const lastEntry = file.sizeBytes() - 8
  const entry = Buffer.alloc(8)
  file.read(entry, lastEntry)
  entry.writeInt32BE(entry.readInt32BE(4) + innerAt, 4)
  file.write([entry], lastEntry)
  file.close()
  const { log: again } = openLog(disk, { config: ONE_SEGMENT, recoveryPoint: 4 })
  expect(again.logEndOffset).toBe(4)
  expectEveryRecord(again)
})

test('planted: a seal that is older than the index is believed for all of it', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log)
  log.saveCaches()
  const seal = readWhole(disk, `${FIRST}.txnindex`)
  appendAborted(log)
  while (log.segmentCount < 2) append(log, { valueBytes: 100 })
  disk.kill()
  // The power went when the entries were on the disk and the new seal was not.
  const file = disk.open(`${FIRST}.txnindex`)
  file.write([seal], 0)
  file.truncate(seal.length)
  file.close()
  expect(openLog(disk).log.abortedTransactions(0, 3)).toMatchObject([{ producerId: 4, firstOffset: 1, lastOffset: 2 }])
})

test('planted: a damaged transaction index is believed', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  appendAborted(log)
  log.closeClean()
  expect(readWhole(disk, `${FIRST}.txnindex`).readBigInt64BE(2)).toBe(4n)
  disk.flipBit(`${FIRST}.txnindex`, 9, 0)
  const { log: again } = openLog(disk, { cleanStart: true })
  expect(again.abortedTransactions(0, 2)).toMatchObject([{ producerId: 4, firstOffset: 0, lastOffset: 1 }])
})
