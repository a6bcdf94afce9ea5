import type { DiskFile } from '@streambus/base'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { logFileName, SILENT_LOG_PROBE } from '../../src/index.ts'
import type { Hole } from '../../src/recovery/find-holes.ts'
import { append, DIRECTORY, newDisk, openLog } from '../helpers.ts'
import { storedLog, verify } from '../verify/fixtures.ts'

const KINDS = ['log', 'index', 'timeindex', 'txnindex'] as const
const BATCHES = 24

/** Segments of a few equal batches of one record each. */
function stored(): { disk: MemoryDisk; bases: number[]; batchBytes: number } {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < BATCHES; i++) append(log, { valueBytes: 300 })
  const batchBytes = log.sizeBytes / BATCHES
  log.closeClean()
  const bases = disk.list(DIRECTORY).flatMap(({ name }) => (name.endsWith('.log') ? [Number.parseInt(name, 10)] : []))
  expect(bases.length).toBeGreaterThan(3)
  return { disk, bases, batchBytes }
}

function holes(disk: MemoryDisk, cleanStart: boolean): Hole[] {
  const found: Hole[] = []
  const probe = { ...SILENT_LOG_PROBE, holeFound: (hole: Hole) => void found.push(hole) }
  const { log } = openLog(disk, { cleanStart, recoveryPoint: BATCHES, probe })
  expect(log.logEndOffset).toBe(BATCHES)
  return found
}

const file = (base: number, kind: (typeof KINDS)[number] = 'log'): string => `${DIRECTORY}/${logFileName(base, kind)}`

function remove(disk: MemoryDisk, base: number, kinds: readonly (typeof KINDS)[number][] = KINDS): void {
  for (const kind of kinds) if (disk.exists(file(base, kind))) disk.unlink(file(base, kind))
}

function shorten(disk: MemoryDisk, base: number, bytes: number): void {
  const data: DiskFile = disk.open(file(base))
  data.truncate(data.sizeBytes() - bytes)
  data.close()
}

function empty(disk: MemoryDisk, base: number): void {
  remove(disk, base, ['log'])
  disk.open(file(base), { create: true }).close()
}

for (const cleanStart of [true, false]) {
  for (const hasCaches of [true, false]) {
    const when = `(clean: ${cleanStart}, index files: ${hasCaches})`
    const change = (run: (disk: MemoryDisk, bases: number[], batchBytes: number) => void): Hole[] => {
      const { disk, bases, batchBytes } = stored()
      run(disk, bases, batchBytes)
      if (!hasCaches) for (const base of bases) remove(disk, base, ['index', 'timeindex', 'txnindex'])
      return holes(disk, cleanStart)
    }
    const [, second = 0, third = 0] = stored().bases

    test(`a whole log has no hole ${when}`, () => {
      expect(change(() => {})).toEqual([])
    })

    test(`a middle segment without its last batch is a hole ${when}`, () => {
      const found = change((disk, _, batchBytes) => shorten(disk, second, batchBytes))
      expect(found).toEqual([{ path: file(second), fromOffset: third - 1, untilOffset: third }])
    })

    test(`a middle segment of no bytes is a hole ${when}`, () => {
      const found = change(disk => empty(disk, second))
      expect(found).toEqual([{ path: file(second), fromOffset: second, untilOffset: third }])
    })

    test(`a middle segment that is gone is a hole ${when}`, () => {
      const found = change(disk => remove(disk, second))
      expect(found).toEqual([{ path: file(0), fromOffset: second, untilOffset: third }])
    })

    test(`a first segment that is gone is a hole ${when}`, () => {
      const found = change(disk => remove(disk, 0))
      expect(found).toEqual([{ path: file(second), fromOffset: 0, untilOffset: second }])
    })
  }
}

test('planted: a segment that ends too early is passed over', () => {
  const { disk, bases, batchBytes } = stored()
  shorten(disk, bases[1] as number, batchBytes)
  expect(holes(disk, true).length).toBe(1)
})

test('no hole after records were deleted, cut, and begun again elsewhere', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let i = 0; i < BATCHES; i++) append(log, { valueBytes: 300 })
  log.deleteRecordsBefore(9)
  log.truncateTo(15)
  for (let i = 15; i < BATCHES; i++) append(log, { valueBytes: 300 })
  log.closeClean()
  expect(holes(disk, true)).toEqual([])
  expect(holes(disk, false)).toEqual([])
})

test('verify calls a middle segment that is gone, or shorter, damage; also of a partition alone', async () => {
  for (const run of [(disk: MemoryDisk, base: number) => remove(disk, base), empty]) {
    const { disk } = storedLog('clean')
    const bases = disk.list(DIRECTORY).flatMap(({ name }) => (name.endsWith('.log') ? [Number.parseInt(name, 10)] : []))
    run(disk, bases[1] as number)
    for (const isAlone of [false, true]) {
      if (isAlone)
        for (const name of ['recovery-point-offset-checkpoint', '.kafka_cleanshutdown']) disk.unlink(`/data/${name}`)
      const { findings } = await verify(disk)
      expect(findings.filter(each => each.severity === 'damage').map(each => each.code)).toContain('offset-gap')
    }
  }
})
