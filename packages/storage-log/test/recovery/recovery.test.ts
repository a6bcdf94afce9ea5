import { readWhole } from '@streambus/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { type KeptTail, LogCorrupt, SILENT_LOG_PROBE } from '../../src/index.ts'
import { append, DIRECTORY, newDisk, openLog, readAll, repeat, SMALL, settle } from '../helpers.ts'

const FIRST_LOG = `${DIRECTORY}/00000000000000000000.log`

function overwrite(disk: MemoryDisk, path: string, change: (bytes: Buffer) => Buffer): void {
  const bytes = change(Buffer.from(readWhole(disk, path)))
  const file = disk.open(path)
  file.truncate(0)
  file.write([bytes], 0)
  file.close()
}

test('a tail torn at any byte of the last batch is cut there, and nothing before it', () => {
  const whole = newDisk()
  const { log } = openLog(whole)
  for (let i = 0; i < 4; i++) append(log, { timestamps: [1, 2, 3], tag: i })
  const bytes = readAll(log)
  const lastBytes = bytes.length / 4
  for (let cut = 1; cut <= lastBytes; cut++) {
    const disk = newDisk()
    const torn = openLog(disk)
    for (let i = 0; i < 4; i++) append(torn.log, { timestamps: [1, 2, 3], tag: i })
    disk.kill()
    overwrite(disk, FIRST_LOG, all => all.subarray(0, all.length - cut))
    const { log: again } = openLog(disk)
    expect(again.logEndOffset).toBe(9)
    expect(readAll(again).equals(bytes.subarray(0, lastBytes * 3))).toBe(true)
    expect(append(again).baseOffset).toBe(9)
  }
})

test('a last batch that is damaged or zeroed is a torn tail too', () => {
  for (const damage of [0, 1]) {
    const disk = newDisk()
    const { log } = openLog(disk)
    for (let i = 0; i < 3; i++) append(log)
    disk.kill()
    overwrite(disk, FIRST_LOG, all => {
      const start = (all.length / 3) * 2
      if (damage === 0) return Buffer.concat([all.subarray(0, start), Buffer.alloc(all.length - start)])
      all[all.length - 5] = (all[all.length - 5] as number) ^ 1
      return all
    })
    expect(openLog(disk).log.logEndOffset).toBe(2)
  }
})

test('a flipped bit with valid batches behind it is corruption: nothing is cut, the file is set aside, the log stays shut', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log)
  const size = log.sizeBytes
  disk.kill()
  overwrite(disk, FIRST_LOG, all => {
    all[90] = (all[90] as number) ^ 4
    return all
  })
  expect(() => openLog(disk)).toThrow(LogCorrupt)
  expect(readWhole(disk, `${FIRST_LOG}.corrupt`).length).toBe(size)
  expect(() => openLog(disk)).toThrow(/\.corrupt/)
  disk.crash()
  expect(() => openLog(disk)).toThrow(LogCorrupt)
})

test('whole batches behind a lost sector are cut, kept aside and reported: a power cut keeps any subset of what was not synced', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log, { valueBytes: 300, tag: i })
  const before = readAll(log)
  const batchBytes = before.length / 5
  disk.kill()
  // The second sector lies in the second batch.
  overwrite(disk, FIRST_LOG, all => all.fill(0, 512, 1024))
  const kept: [string, number][] = []
  const probe = { ...SILENT_LOG_PROBE, tailSetAside: ({ path, bytes }: KeptTail) => kept.push([path, bytes]) }
  const { log: again } = openLog(disk, { probe })
  expect(again.logEndOffset).toBe(1)
  const path = `${FIRST_LOG}.${batchBytes}.torn`
  expect(kept).toEqual([[path, batchBytes * 4]])
  expect(
    readWhole(disk, path)
      .subarray(batchBytes * 2)
      .equals(before.subarray(batchBytes * 3))
  ).toBe(true)
  expect(append(again).baseOffset).toBe(1)
})

test('a lost first sector is one wherever in the next batch it ends, whose offset and length its checksum leaves out', () => {
  for (let valueBytes = 400; valueBytes < 450; valueBytes++) {
    const disk = newDisk()
    const { log } = openLog(disk)
    for (let i = 0; i < 3; i++) append(log, { valueBytes })
    disk.kill()
    overwrite(disk, FIRST_LOG, all => all.fill(0, 0, 512))
    expect(openLog(disk).log.logEndOffset).toBe(0)
  }
})

test('the same hole below the recovery point is corruption', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 5; i++) append(log, { valueBytes: 300, tag: i })
  disk.kill()
  overwrite(disk, FIRST_LOG, all => all.fill(0, 512, 1024))
  expect(() => openLog(disk, { recoveryPoint: 3 })).toThrow(/below the recovery point 3/)
})

test('a file that ends between two batches below the recovery point is corruption, and accepting the loss is possible', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 4; i++) append(log)
  disk.kill()
  overwrite(disk, FIRST_LOG, all => all.subarray(0, (all.length / 4) * 3))
  let promised = 4
  const lowerRecoveryPoint = (offset: number) => void (promised = offset)
  for (const cleanStart of [true, false]) {
    expect(() => openLog(disk, { recoveryPoint: promised, cleanStart, lowerRecoveryPoint })).toThrow(LogCorrupt)
  }
  expect(promised).toBe(0)
  disk.rename(`${FIRST_LOG}.corrupt`, FIRST_LOG)
  expect(openLog(disk, { recoveryPoint: promised }).log.logEndOffset).toBe(3)
})

test('a start after a crash reads what was not synced, and not what the indexes know', async () => {
  const config = { ...SMALL, segmentBytes: 10_000_000, indexIntervalBytes: 4096 }
  const reads = async (older: number, unsynced: number): Promise<number> => {
    const disk = newDisk()
    const { log } = openLog(disk, { config })
    for (let i = 0; i < older; i++) append(log, { valueBytes: 1000, timestamps: [i] })
    log.requestSync()
    await settle()
    log.saveCaches()
    // Taken every ten minutes and after 64 MiB.
    log.snapshotProducers()
    const { recoveryPoint } = log
    for (let i = 0; i < unsynced; i++) append(log, { valueBytes: 1000, timestamps: [i] })
    const end = log.logEndOffset
    disk.kill()
    const before = disk.counts.read
    const again = openLog(disk, { config, recoveryPoint, probe: SILENT_LOG_PROBE })
    expect(again.log.logEndOffset).toBe(end)
    return disk.counts.read - before
  }
  const small = await reads(100, 20)
  expect(await reads(4000, 20)).toBeLessThan(small + 5)
  expect(await reads(100, 400)).toBeGreaterThan(small + 5)
})

test('bad bytes below the recovery point are corruption even at the end of the file', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 3; i++) append(log)
  disk.kill()
  overwrite(disk, FIRST_LOG, all => all.subarray(0, all.length - 1))
  expect(() => openLog(disk, { recoveryPoint: 3 })).toThrow(/below the recovery point 3/)
})

test('every byte of a header that can be flipped in an unsynced batch is noticed', () => {
  const base = newDisk()
  append(openLog(base).log)
  base.kill()
  const bytes = readWhole(base, FIRST_LOG)
  for (let at = 0; at < bytes.length; at++) {
    // The leader epoch is under no checksum; a higher one than expected cannot be told from a true one.
    if (at >= 12 && at < 16) continue
    const disk = newDisk()
    append(openLog(disk).log)
    disk.kill()
    overwrite(disk, FIRST_LOG, all => {
      all[at] = (all[at] as number) ^ 0x10
      return all
    })
    expect([at, openLog(disk).log.logEndOffset]).toEqual([at, 0])
  }
})

test('the accepted tail is durable when the log opens', async () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log)
  log.requestSync()
  await settle()
  append(log)
  disk.kill()
  const reopened = openLog(disk, { recoveryPoint: 1 }).log
  expect([reopened.logEndOffset, reopened.durableEndOffset]).toEqual([2, 2])
  disk.crash()
  expect(openLog(disk).log.logEndOffset).toBe(2)
})

test('a power cut keeps what was durable and any prefix of the rest, and invents nothing', async () => {
  const step = fc.record({ records: fc.integer({ min: 1, max: 4 }), sync: fc.boolean(), valueBytes: fc.nat(300) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(5000), async (steps, keep) => {
      const disk = newDisk()
      const { log } = openLog(disk)
      for (const [tag, { records, sync, valueBytes }] of steps.entries()) {
        append(log, { timestamps: repeat(tag, records), valueBytes, tag })
        if (!sync) continue
        log.requestSync()
        await settle()
      }
      const before = readAll(log)
      const { durableEndOffset, recoveryPoint } = log
      disk.crash({ keep: (path, unsynced) => (path.endsWith('.log') ? keep % (unsynced + 1) : 0) })
      const { log: after } = openLog(disk, { recoveryPoint })
      expect(after.logEndOffset).toBeGreaterThanOrEqual(durableEndOffset)
      const bytes = readAll(after)
      expect(before.subarray(0, bytes.length).equals(bytes)).toBe(true)
    }),
    { numRuns: 150 }
  )
})

test('deleted or damaged index files change no answer', () => {
  const damage = fc.array(
    fc.record({ file: fc.nat(50), kind: fc.constantFrom('delete', 'flip', 'cut', 'zero'), at: fc.nat(4000) }),
    { minLength: 1, maxLength: 6 }
  )
  const timestamps = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 40, maxLength: 60 })
  fc.assert(
    fc.property(timestamps, damage, (times, damages) => {
      const disk = newDisk()
      const { log } = openLog(disk)
      times.forEach((timestamp, tag) => append(log, { timestamps: [timestamp, timestamp + (tag % 3)], tag }))
      const answers = answersOf(log)
      log.closeClean()
      const names = disk.list(DIRECTORY).filter(entry => entry.name.endsWith('index'))
      for (const { file, kind, at } of damages) {
        const path = `${DIRECTORY}/${names[file % names.length]?.name}`
        if (!disk.exists(path)) continue
        if (kind === 'delete') disk.unlink(path)
        else overwrite(disk, path, bytes => damaged(bytes, kind, at))
      }
      expect(answersOf(openLog(disk, { cleanStart: true, recoveryPoint: log.recoveryPoint }).log)).toEqual(answers)
    }),
    { numRuns: 150 }
  )
})

function damaged(bytes: Buffer, kind: string, at: number): Buffer {
  if (bytes.length === 0) return bytes
  if (kind === 'cut') return bytes.subarray(0, at % bytes.length)
  if (kind === 'zero') return bytes.fill(0, at % bytes.length)
  bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << (at % 8))
  return bytes
}

function answersOf(log: ReturnType<typeof openLog>['log']): unknown {
  const offsets = Array.from({ length: log.logEndOffset }, (_, offset) => {
    const read = log.read({ fromOffset: offset, untilOffset: log.logEndOffset, bytesMax: 300, minOneBatch: true })
    return [read.nextOffset, read.buffer?.toString('latin1')]
  })
  const times = Array.from({ length: 304 }, (_, timestamp) => log.offsetForTimestamp(timestamp))
  return { offsets, times, max: log.offsetOfMaxTimestamp() }
}

test('a clean start reads a few small pieces, whatever the size of the segment', () => {
  const disk = newDisk()
  const config = { ...SMALL, segmentBytes: 10_000_000, indexIntervalBytes: 4096 }
  const { log } = openLog(disk, { config })
  for (let i = 0; i < 3000; i++) append(log, { valueBytes: 100, timestamps: [i] })
  log.closeClean()
  const before = disk.counts.read
  const again = openLog(disk, { config, cleanStart: true })
  expect([again.log.logEndOffset, again.rebuilt]).toEqual([3000, []])
  expect(disk.counts.read - before).toBeLessThan(15)
  expect(append(again.log).baseOffset).toBe(3000)
})

test('a missing epoch file is read from the batches again', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (const epoch of [0, 0, 3, 5]) append(log, {}, { leaderEpoch: epoch, origin: 'client' })
  log.closeClean()
  disk.unlink(`${DIRECTORY}/leader-epoch-checkpoint`)
  const again = openLog(disk, { cleanStart: true }).log
  expect([0, 1, 3, 5].map(epoch => again.endOffsetForEpoch(epoch).endOffset)).toEqual([2, 2, 3, 4])
})

test('leftovers of interrupted work are taken away', () => {
  const disk = newDisk()
  append(openLog(disk).log)
  disk.kill()
  for (const name of ['00000000000000000000.log.deleted', 'x.tmp', '00000000000000000009.index']) {
    disk.open(`${DIRECTORY}/${name}`, { create: true }).close()
  }
  openLog(disk)
  expect(disk.list(DIRECTORY).map(entry => entry.name)).toEqual(['00000000000000000000.log', 'leader-epoch-checkpoint'])
})

test('a last batch with one flipped bit that no sync had covered is cut, reported, and kept aside', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < 3; i++) append(log, { valueBytes: 300 })
  const { sizeBytes } = log
  disk.kill()
  disk.flipBit(FIRST_LOG, sizeBytes - 5, 3)
  const damaged = readWhole(disk, FIRST_LOG).subarray((sizeBytes / 3) * 2)
  const kept: KeptTail[] = []
  const { log: again } = openLog(disk, { probe: { ...SILENT_LOG_PROBE, tailSetAside: tail => kept.push(tail) } })
  expect(again.logEndOffset).toBe(2)
  const path = `${FIRST_LOG}.${(sizeBytes / 3) * 2}.torn`
  expect(kept).toEqual([{ path, bytes: sizeBytes / 3, fromOffset: 2, hasBatches: false }])
  disk.crash()
  expect(readWhole(disk, path).equals(damaged)).toBe(true)
})

test('a tail of zeros is cut without a copy', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log)
  const { sizeBytes } = log
  disk.kill()
  overwrite(disk, FIRST_LOG, all => Buffer.concat([all, Buffer.alloc(5000)]))
  const { log: again } = openLog(disk)
  expect([again.logEndOffset, again.sizeBytes]).toEqual([1, sizeBytes])
  expect(disk.list(DIRECTORY).filter(({ name }) => name.endsWith('.torn'))).toEqual([])
})
