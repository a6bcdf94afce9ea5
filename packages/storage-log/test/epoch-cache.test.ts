import { readWhole } from '@streambus/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withChecksumLine } from '../src/directory/checksum-line.ts'
import { EpochCache } from '../src/epoch-cache.ts'
import { newDisk } from './helpers.ts'

const PATH = '/data/leader-epoch-checkpoint'

/** The rules of OffsetForLeaderEpoch, over a list with the epoch of every single offset. */
function bruteForce(epochs: readonly number[], asked: number, end: number, latest: number): [number, number] {
  if (asked < 0 || asked > latest) return [-1, -1]
  if (asked === latest) return [asked, end]
  const known = epochs.filter(epoch => epoch >= 0)
  const floor = Math.max(-1, ...known.filter(epoch => epoch <= asked))
  const firstLater = epochs.findIndex(epoch => epoch > asked)
  return [floor < 0 ? asked : floor, firstLater < 0 ? end : firstLater]
}

test('end offsets agree with a list of every offset’s epoch, also after a restart', () => {
  const steps = fc.array(fc.record({ jump: fc.integer({ min: 1, max: 3 }), records: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 12
  })
  fc.assert(
    fc.property(steps, list => {
      const disk = newDisk()
      const cache = new EpochCache(disk, PATH)
      const epochs: number[] = []
      let epoch = 0
      for (const { jump, records } of list) {
        epoch += jump
        cache.assign(epoch, epochs.length)
        for (let i = 0; i < records; i++) epochs.push(epoch)
      }
      for (const each of [cache, new EpochCache(disk, PATH)]) {
        for (let asked = -1; asked < epoch + 3; asked++) {
          const { epoch: found, endOffset } = each.endOffsetFor(asked, epochs.length)
          expect([asked, found, endOffset]).toEqual([
            asked,
            ...bruteForce(epochs, asked, epochs.length, each.latestEpoch)
          ])
        }
        epochs.forEach((expected, offset) => expect(each.epochOf(offset)).toBe(expected))
      }
    })
  )
})

test('the file is Kafka’s', () => {
  const disk = newDisk()
  const cache = new EpochCache(disk, PATH)
  cache.assign(0, 0)
  cache.assign(5, 120)
  expect(readWhole(disk, PATH).toString()).toBe(withChecksumLine('0\n2\n0 0\n5 120\n'))
})

test('an epoch without records has no range; an old epoch changes nothing', () => {
  const cache = new EpochCache(newDisk(), PATH)
  cache.assign(1, 0)
  cache.assign(2, 10)
  cache.assign(3, 10)
  cache.assign(2, 20)
  expect(cache.entries).toEqual([
    { epoch: 1, startOffset: 0 },
    { epoch: 3, startOffset: 10 }
  ])
})

test('truncation from both ends', () => {
  const cache = new EpochCache(newDisk(), PATH)
  cache.assign(1, 0)
  cache.assign(2, 10)
  cache.assign(3, 20)
  cache.truncateFromEnd(20)
  expect(cache.latestEpoch).toBe(2)
  cache.truncateFromStart(15)
  expect(cache.entries).toEqual([{ epoch: 2, startOffset: 15 }])
  cache.truncateFromEnd(15)
  expect(cache.entries).toEqual([])
})

test.each(['0\n2\n0 0\n', '1\n0\n', '0\n2\n3 0\n2 5\n', '0\n1\nx 0\n', 'garbage'])(
  'a damaged file (%j) is not believed',
  text => {
    const disk = newDisk()
    const file = disk.open(PATH, { create: true })
    file.write([Buffer.from(withChecksumLine(text))], 0)
    const cache = new EpochCache(disk, PATH)
    expect([cache.wasIntact, cache.latestEpoch]).toEqual([false, -1])
    expect(cache.problem).not.toBe(null)
  }
)

test('a change that found no room is not believed, and can be made again', () => {
  const disk = newDisk()
  const cache = new EpochCache(disk, PATH)
  cache.assign(0, 0)
  const changes: readonly (readonly [run: () => void, before: string, after: string])[] = [
    [() => cache.assign(4, 10), '0 0', '0 0,4 10'],
    [() => cache.assign(6, 20), '0 0,4 10', '0 0,4 10,6 20'],
    [() => cache.truncateFromEnd(20), '0 0,4 10,6 20', '0 0,4 10'],
    [() => cache.truncateFromStart(12), '0 0,4 10', '4 12']
  ]
  const text = (each: EpochCache): string =>
    each.entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`).join()
  for (const [run, before, after] of changes) {
    disk.failNext('write', { code: 'ENOSPC', path: PATH })
    expect(run).toThrow('ENOSPC')
    expect([text(cache), text(new EpochCache(disk, PATH))]).toEqual([before, before])
    run()
    expect([text(cache), text(new EpochCache(disk, PATH))]).toEqual([after, after])
  }
})
