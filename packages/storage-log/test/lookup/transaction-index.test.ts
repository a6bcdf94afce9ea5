import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { type Log, OpenFiles } from '../../src/index.ts'
import { decodeTransactionIndex, encodeTransactionIndex } from '../../src/lookup/transaction-index.ts'
import { makeMarker } from '../batches.ts'
import { append, DIRECTORY, newDisk, openLog, SMALL } from '../helpers.ts'

const COORDINATOR = { leaderEpoch: 0, origin: 'coordinator' } as const

interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
}

/** What a consumer with read_committed has to be told, by going through everything. */
class Oracle {
  readonly open = new Map<number, number>()
  readonly sequences = new Map<number, number>()
  readonly aborted: Aborted[] = []
}

function write(log: Log, oracle: Oracle, producerId: number): void {
  const baseSequence = oracle.sequences.get(producerId) ?? 0
  const { baseOffset } = append(log, { producerId, baseSequence, isTransactional: true, valueBytes: 40 })
  oracle.sequences.set(producerId, baseSequence + 1)
  if (!oracle.open.has(producerId)) oracle.open.set(producerId, baseOffset)
}

function end(log: Log, oracle: Oracle, producerId: number, type: 'commit' | 'abort'): void {
  const { bytes, summary } = makeMarker(producerId, 0, 1, type)
  const { baseOffset } = log.append(bytes, 0, bytes.length, summary, COORDINATOR)
  const firstOffset = oracle.open.get(producerId)
  oracle.open.delete(producerId)
  if (type === 'abort' && firstOffset !== undefined)
    oracle.aborted.push({ producerId, firstOffset, lastOffset: baseOffset })
}

function expectSame(log: Log, oracle: Oracle): void {
  for (let from = log.logStartOffset; from <= log.logEndOffset; from += 3) {
    for (const until of [from + 1, from + 7, log.logEndOffset + 1]) {
      const found = log.abortedTransactions(from, until)
      const wanted = oracle.aborted.filter(each => each.lastOffset >= from && each.firstOffset < until)
      expect(found.map(({ producerId, firstOffset, lastOffset }) => ({ producerId, firstOffset, lastOffset }))).toEqual(
        wanted
      )
    }
  }
}

function damage(disk: MemoryDisk, kind: 'delete' | 'flip' | 'cut', seed: number): void {
  const names = disk.list(DIRECTORY).filter(({ name }) => name.endsWith('index'))
  const path = `${DIRECTORY}/${names[seed % names.length]?.name}`
  if (!disk.exists(path)) return
  if (kind === 'delete') return disk.unlink(path)
  const file = disk.open(path)
  const at = file.sizeBytes() === 0 ? 0 : seed % file.sizeBytes()
  if (kind === 'cut') file.truncate(at)
  else if (file.sizeBytes() > 0) {
    const byte = Buffer.alloc(1)
    file.read(byte, at)
    byte[0] = (byte[0] as number) ^ (1 << (seed % 8))
    file.write([byte], at)
  }
  file.close()
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('write' as const), producerId: fc.integer({ min: 1, max: 4 }) })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('commit' as const, 'abort' as const),
      producerId: fc.integer({ min: 1, max: 4 })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'flip' as const, 'cut' as const), seed: fc.nat() })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('caches' as const, 'restart' as const, 'kill' as const) }) }
)

test('aborted transactions are found whatever happens to the index files', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), steps => {
      const disk = newDisk()
      let { log } = openLog(disk)
      const oracle = new Oracle()
      for (const each of steps) {
        if (each.kind === 'write') write(log, oracle, each.producerId)
        else if (each.kind === 'commit' || each.kind === 'abort') end(log, oracle, each.producerId, each.kind)
        else if (each.kind === 'caches') log.saveCaches()
        else {
          const isClean = each.kind !== 'kill'
          if (isClean) log.closeClean()
          else disk.kill()
          if ('seed' in each) damage(disk, each.kind as 'delete' | 'flip' | 'cut', each.seed)
          log = openLog(disk, { cleanStart: isClean, recoveryPoint: isClean ? log.recoveryPoint : 0 }).log
        }
      }
      expectSame(log, oracle)
    }),
    { numRuns: 200 }
  )
})

test('aborted transactions are found when files are opened and closed all the time and the indexes are gone', () => {
  const disk = newDisk()
  const { log } = openLog(disk, { config: { ...SMALL, segmentBytes: 400 } })
  const oracle = new Oracle()
  for (let i = 0; i < 5; i++) write(log, oracle, 1)
  end(log, oracle, 1, 'abort')
  for (let i = 0; i < 10; i++) append(log, { valueBytes: 40 })
  log.closeClean()
  for (const { name } of disk.list(DIRECTORY)) {
    if (name.endsWith('index') || name.endsWith('snapshot')) disk.unlink(`${DIRECTORY}/${name}`)
  }
  const openFiles = new OpenFiles(1)
  expectSame(openLog(disk, { openFiles, config: { ...SMALL, segmentBytes: 400 } }).log, oracle)
})

test('a truncated log forgets the aborted transactions of what was cut, also after it has grown again', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  const oracle = new Oracle()
  write(log, oracle, 1)
  end(log, oracle, 1, 'abort')
  write(log, oracle, 1)
  end(log, oracle, 1, 'abort')
  log.saveCaches()
  log.truncateTo(3)
  expect(log.abortedTransactions(0, 10).map(each => each.lastOffset)).toEqual([1])
  for (let i = 0; i < 5; i++) append(log)
  disk.kill()
  expect(
    openLog(disk)
      .log.abortedTransactions(0, 10)
      .map(each => each.lastOffset)
  ).toEqual([1])
})

test('the file survives a round trip, and no damaged one is believed', () => {
  const aborted = [
    { producerId: 7, firstOffset: 3, lastOffset: 9, lastStableOffset: 5 },
    { producerId: 2 ** 40, firstOffset: 5, lastOffset: 12, lastStableOffset: 13 }
  ]
  const seal = { endOffset: 20, maxTimestampMs: 1_700_000_000_000, maxTimestampOffset: 8, logBytes: 4321 }
  const bytes = encodeTransactionIndex({ aborted, seal })
  expect(decodeTransactionIndex(bytes)).toEqual({ aborted, seal })
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] as number) ^ 1
    expect(decodeTransactionIndex(flipped)).toBe(null)
    expect(decodeTransactionIndex(bytes.subarray(0, at))).toBe(null)
  }
})
