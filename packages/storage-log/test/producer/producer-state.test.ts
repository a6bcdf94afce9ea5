import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppendRefused } from '../../src/index.ts'
import { decodeSnapshot, encodeSnapshot } from '../../src/producer/producer-snapshot.ts'
import { ProducerState, type SequencedBatch } from '../../src/producer/producer-state.ts'
import { makeMarker } from '../batches.ts'
import { append, DIRECTORY, newDisk, openLog, SMALL, settle } from '../helpers.ts'

const DAY_MS = 24 * 3_600_000

function batch(fields: Partial<SequencedBatch>): SequencedBatch {
  const none = {
    producerId: 7,
    producerEpoch: 0,
    baseSequence: 0,
    lastOffsetDelta: 0,
    maxTimestamp: 9,
    isTransactional: false
  }
  return { ...none, ...fields }
}

function outcome(state: ProducerState, fields: Partial<SequencedBatch>): number | string {
  try {
    return state.check(batch(fields))
  } catch (error) {
    if (error instanceof AppendRefused) return error.errorName
    throw error
  }
}

test('what a producer may send next', () => {
  const state = new ProducerState()
  state.apply(batch({ producerEpoch: 3, lastOffsetDelta: 9 }), 109, 0)
  const rows: [string, Partial<SequencedBatch>, number | string][] = [
    ['an unknown producer starts anywhere', { producerId: 8, baseSequence: 500 }, -1],
    ['the next sequence', { producerEpoch: 3, baseSequence: 10 }, -1],
    ['the same range again', { producerEpoch: 3, lastOffsetDelta: 9 }, 109],
    ['a part of a range is no duplicate', { producerEpoch: 3, lastOffsetDelta: 4 }, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    ['a gap', { producerEpoch: 3, baseSequence: 11 }, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
    ['an older epoch', { producerEpoch: 2, baseSequence: 10 }, 'INVALID_PRODUCER_EPOCH'],
    ['a new epoch starts at 0', { producerEpoch: 4, baseSequence: 0 }, -1],
    ['a new epoch starts nowhere else', { producerEpoch: 4, baseSequence: 10 }, 'OUT_OF_ORDER_SEQUENCE_NUMBER']
  ]
  for (const [name, fields, expected] of rows) expect([name, outcome(state, fields)]).toEqual([name, expected])
})

test('sequences go from 2^31 − 1 to 0, inside a batch and between two', () => {
  const state = new ProducerState()
  const top = 2 ** 31 - 1
  state.apply(batch({ baseSequence: top - 1 }), 10, 0)
  expect(outcome(state, { baseSequence: top, lastOffsetDelta: 3 })).toBe(-1)
  state.apply(batch({ baseSequence: top, lastOffsetDelta: 3 }), 14, 0)
  expect(outcome(state, { baseSequence: top, lastOffsetDelta: 3 })).toBe(14)
  expect(outcome(state, { baseSequence: 3 })).toBe(-1)
  state.apply(batch({ baseSequence: 3 }), 15, 0)
  expect(outcome(state, { baseSequence: 4 })).toBe(-1)
})

test('the last five batches are recognised, the sixth is not', () => {
  const state = new ProducerState()
  for (let i = 0; i < 9; i++) state.apply(batch({ baseSequence: i }), 100 + i, 0)
  for (let i = 4; i < 9; i++) expect(outcome(state, { baseSequence: i })).toBe(100 + i)
  expect(outcome(state, { baseSequence: 3 })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
})

test('a snapshot restores everything, and any damage to it is noticed', () => {
  const producer = fc.record({
    producerId: fc.nat(2 ** 40),
    epoch: fc.integer({ min: 0, max: 32_000 }),
    batches: fc.integer({ min: 0, max: 9 }),
    txnFirstOffset: fc.constantFrom(-1, 3)
  })
  fc.assert(
    fc.property(fc.uniqueArray(producer, { selector: p => p.producerId, maxLength: 8 }), fc.nat(), (producers, at) => {
      const state = new ProducerState()
      for (const { producerId, epoch, batches, txnFirstOffset } of producers) {
        const entry = state.restore(producerId, epoch, 0)
        for (let i = 0; i < batches; i++) entry.addBatch(i * 2 + 1, 1000 + i, 1, 5000 + i)
        entry.txnFirstOffset = txnFirstOffset
      }
      const bytes = encodeSnapshot(state)
      const again = new ProducerState()
      expect(decodeSnapshot(bytes, again, { nowMs: 6000, expirationMs: DAY_MS })).toBe(true)
      expect(encodeSnapshot(again).equals(bytes)).toBe(true)
      bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ 0x40
      expect(decodeSnapshot(bytes, new ProducerState(), { nowMs: 6000, expirationMs: DAY_MS })).toBe(false)
    })
  )
})

test('retries are recognised after a clean restart, a kill, and with every snapshot damaged', () => {
  for (const how of ['clean', 'kill', 'damaged'] as const) {
    const disk = newDisk()
    const { log } = openLog(disk)
    const sent = Array.from({ length: 60 }, (_, i) => append(log, { producerId: 4, baseSequence: i, valueBytes: 60 }))
    expect(log.segmentCount).toBeGreaterThan(3)
    if (how === 'kill') disk.kill()
    else log.closeClean()
    if (how === 'damaged') {
      for (const { name } of disk.list(DIRECTORY)) {
        if (!name.endsWith('.snapshot')) continue
        const file = disk.open(`${DIRECTORY}/${name}`)
        file.write([Buffer.from('x')], 8)
        file.close()
      }
    }
    const again = openLog(disk, { cleanStart: how !== 'kill' }).log
    for (let i = 55; i < 60; i++) {
      const { baseOffset } = sent[i] as (typeof sent)[number]
      const retried = append(again, { producerId: 4, baseSequence: i, valueBytes: 60 })
      expect([how, retried]).toMatchObject([how, { kind: 'duplicate', baseOffset }])
    }
    expect(append(again, { producerId: 4, baseSequence: 60 })).toMatchObject({ kind: 'appended', baseOffset: 60 })
  }
})

test('a snapshot that is ahead of what a power cut left is dropped', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log, { producerId: 4 })
  log.snapshotProducers()
  disk.crash()
  const again = openLog(disk).log
  expect([again.logEndOffset, again.producerCount]).toEqual([0, 0])
  expect(disk.list(DIRECTORY).some(entry => entry.name.endsWith('.snapshot'))).toBe(false)
})

test('a snapshot of records that were cut does not come back after a power cut', async () => {
  const disk = newDisk()
  let { log } = openLog(disk)
  append(log)
  append(log, { producerId: 4 })
  log.closeClean()
  log = openLog(disk, { cleanStart: true }).log
  log.truncateTo(1)
  append(log)
  log.requestSync()
  await settle()
  disk.crash()
  log = openLog(disk, { recoveryPoint: 2 }).log
  expect([log.logEndOffset, log.producerCount]).toEqual([2, 0])
})

test('at most two snapshots stay', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 80; i++) append(log, { valueBytes: 60 })
  log.closeClean()
  expect(disk.list(DIRECTORY).filter(entry => entry.name.endsWith('.snapshot')).length).toBe(2)
})

test('idle producers are forgotten, busy ones and open transactions are not', () => {
  const state = new ProducerState()
  state.apply(batch({ producerId: 1 }), 0, 0)
  state.apply(batch({ producerId: 2 }), 1, 500)
  state.apply(batch({ producerId: 3, isTransactional: true }), 2, 0)
  expect(state.expire(1000, 1000)).toBe(1)
  expect([...state.values()].map(entry => entry.producerId)).toEqual([2, 3])
})

test('a transaction is open from its first batch to its marker, across restarts', () => {
  const disk = newDisk()
  let { log } = openLog(disk, { config: { ...SMALL, segmentBytes: 100_000 } })
  append(log)
  append(log, { producerId: 4, isTransactional: true })
  append(log, { producerId: 5, isTransactional: true })
  expect(log.firstUndecidedOffset).toBe(1)
  disk.kill()
  log = openLog(disk).log
  expect(log.firstUndecidedOffset).toBe(1)
  const marker = makeMarker(4, 0, 12)
  log.append(marker.bytes, 0, marker.bytes.length, marker.summary, { leaderEpoch: 0, origin: 'coordinator' })
  expect(log.firstUndecidedOffset).toBe(2)
  disk.kill()
  log = openLog(disk).log
  expect(log.firstUndecidedOffset).toBe(2)
  expect([...log.activeProducers()].map(entry => entry.coordinatorEpoch)).toEqual([12, -1])
})

test('a log that begins again elsewhere knows nothing of the producers before, also after a crash', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log, { producerId: 1, isTransactional: true })
  log.snapshotProducers()
  append(log)
  log.restartAt(8)
  expect([log.firstUndecidedOffset, log.producerCount]).toEqual([-1, 0])
  disk.kill()
  const { log: again } = openLog(disk)
  expect([again.firstUndecidedOffset, again.producerCount, again.logEndOffset]).toEqual([-1, 0, 8])
})
