import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { type Failure, parseCuts, printCuts, replayCuts, sweep } from './sweep.ts'
import { record, WORKLOADS, type Workload } from './workloads.ts'

/** The long form of this is tests/crash/main.ts: every image of every operation, of as many seeds as one likes. */
const SEED = 2
const SHARE = 0.03

/** Workloads whose promises the log is known to break. Mended ones turn the test red, and then leave this list. */
const KNOWN_BROKEN: readonly string[] = []

function workload(name: string): Workload {
  return WORKLOADS[name] as Workload
}

function sweepSample(name: string): void {
  const failures: string[] = []
  const onFailure = ({ step, message, cuts }: Failure): void => {
    failures.push(`${step}: ${message}\n  --workload ${name} --seed ${SEED} --cut ${printCuts(cuts)}`)
  }
  const options = { seed: SEED, share: SHARE, randoms: 10, secondCuts: 0.03, failuresMax: 5, onFailure }
  const images = sweep(record(workload(name), SEED), options)
  expect(failures).toEqual([])
  expect(images).toBeGreaterThan(50)
}

for (const name of Object.keys(WORKLOADS)) {
  const declare = KNOWN_BROKEN.includes(name) ? test.fails : test
  declare(`${name}: whatever a power cut leaves, the log starts and keeps its promises`, () => sweepSample(name))
}

test('the same seed gives the same operations, the same images and the same failures', () => {
  const runs = [1, 2].map(() => {
    const failures: string[] = []
    const recording = record(workload('append'), 3, disk => void disk.lieAboutSyncs('.log'))
    const onFailure = (failure: Failure): void => void failures.push(`${printCuts(failure.cuts)} ${failure.message}`)
    const images = sweep(recording, { seed: 4, share: 0.01, onFailure })
    return { operations: recording.trace.operations, images, failures }
  })
  expect(runs[0]?.failures.length).toBeGreaterThan(0)
  expect(runs[0]).toEqual(runs[1])
})

/** Promises that nobody keeps, and workloads in which somebody must notice. */
const SABOTAGES: readonly (readonly [bug: string, workload: string, sabotage: (disk: MemoryDisk) => void])[] = [
  ['acknowledged before the sync', 'append', disk => void disk.lieAboutSyncs('.log')],
  ['new segments whose directory is not synced', 'roll', disk => void disk.lieAboutSyncs('/data/orders-0')],
  ['a log start that is not synced', 'delete-records', disk => void disk.lieAboutSyncs('/log-start-offset')],
  ['leader epochs that are not synced', 'epochs', disk => void disk.lieAboutSyncs('/leader-epoch-checkpoint')],
  ['a syncDirectory that does nothing anywhere', 'reopen', disk => void disk.lieAboutSyncs('/data')],
  ['a clean marker that is not deleted at the start', 'reopen', keepMarker],
  ['an accepted tail that is synced but not written again', 'disk-errors', skipRewrites]
]

function keepMarker(disk: MemoryDisk): void {
  const unlink = disk.unlink.bind(disk)
  disk.unlink = path => {
    if (!path.endsWith('cleanshutdown')) unlink(path)
  }
}

/** Writing what is there already changes nothing, so pages that a failed sync called clean stay what they are. */
function skipRewrites(disk: MemoryDisk): void {
  const open = disk.open.bind(disk)
  disk.open = (path, options) => {
    const file = open(path, options)
    const write = file.write.bind(file)
    file.write = (parts, position) => {
      const bytes = Buffer.concat(parts)
      const old = Buffer.alloc(bytes.length)
      if (file.read(old, position) < bytes.length || !old.equals(bytes)) write(parts, position)
    }
    return file
  }
}

test.each(SABOTAGES)('planted bug: %s, found in the workload %s', (_bug, name, sabotage) => {
  const failures: Failure[] = []
  const recording = record(workload(name), SEED, sabotage)
  sweep(recording, { seed: SEED, share: 0.1, failuresMax: 1, onFailure: failure => failures.push(failure) })
  expect(failures.length).toBeGreaterThan(0)
  const { cuts, message } = failures[0] as Failure
  expect(replayCuts(recording, parseCuts(printCuts(cuts)))?.message).toBe(message)
})

test('producers go on after a truncation has taken their last batches', () => {
  for (const seed of [35, 52, 160, 175]) expect(() => record(workload('truncate'), seed)).not.toThrow()
})

test('a cut is printed and read again; anything else is refused', () => {
  const text = '12/only:3+4/random:99'
  expect(printCuts(parseCuts(text))).toBe(text)
  for (const wrong of ['', '12', 'x/all', '3/some', '-1/all']) expect(() => parseCuts(wrong)).toThrow(/(cut|choice) is/)
})
