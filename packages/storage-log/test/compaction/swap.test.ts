import { type Disk, readWhole } from '@streambus/base'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { dropCleaned, type Replacement, recoverSwaps, swapIn, writeManifest } from '../../src/compaction/swap.ts'
import { parseManifest, planSwapRecovery, printManifest } from '../../src/compaction/swap-plan.ts'
import { newDisk } from '../helpers.ts'

const DIRECTORY = '/data/orders-0'

function name(base: number, kind: string): string {
  return `${String(base).padStart(20, '0')}.${kind}`
}

function put(disk: Disk, file: string, content: string): void {
  const opened = disk.open(`${DIRECTORY}/${file}`, { create: true })
  opened.write([Buffer.from(content)], 0)
  opened.syncNow()
  opened.close()
}

/** Segments 0, 10, 20 and the active 30, and a cleaned one in the place of `replaced`. */
function prepared(replaced: readonly number[]): MemoryDisk {
  const disk = newDisk()
  disk.makeDirectory(DIRECTORY)
  disk.syncDirectory('/data')
  for (const base of [0, 10, 20, 30]) {
    for (const kind of ['log', 'index', 'timeindex', 'txnindex']) put(disk, name(base, kind), `old ${kind} ${base}`)
  }
  for (const kind of ['log', 'index', 'timeindex', 'txnindex'])
    put(disk, `${name(replaced[0] as number, kind)}.cleaned`, `new ${kind}`)
  writeManifest(disk, DIRECTORY, replaced)
  return disk
}

function replacement(replaced: readonly number[]): Replacement {
  return { replaced, replacedBytes: replaced.map(base => `old log ${base}`.length) }
}

function contents(disk: MemoryDisk): Record<string, string> {
  return Object.fromEntries(
    disk.list(DIRECTORY).map(entry => [entry.name, readWhole(disk, `${DIRECTORY}/${entry.name}`).toString()])
  )
}

function before(): Record<string, string> {
  const disk = prepared([0])
  dropCleaned(disk, DIRECTORY, 0)
  return contents(disk)
}

function after(replaced: readonly number[]): Record<string, string> {
  const expected = before()
  for (const base of replaced) {
    for (const kind of ['log', 'index', 'timeindex', 'txnindex']) delete expected[name(base, kind)]
  }
  for (const kind of ['log', 'index', 'timeindex', 'txnindex'])
    expected[name(replaced[0] as number, kind)] = `new ${kind}`
  return expected
}

interface Operation {
  readonly kind: 'rename' | 'unlink' | 'sync'
  readonly run: (disk: Disk) => void
}

/** Runs `action` and returns the changes of the directory that it made, to be made again elsewhere, in part. */
function record(disk: MemoryDisk, action: (disk: Disk) => void): Operation[] {
  const operations: Operation[] = []
  const recorder: Disk = new Proxy(disk, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return (...values: string[]) => {
        const [a = '', b = ''] = values
        if (property === 'rename') operations.push({ kind: 'rename', run: on => on.rename(a, b) })
        if (property === 'unlink') operations.push({ kind: 'unlink', run: on => on.unlink(a) })
        if (property === 'syncDirectory') operations.push({ kind: 'sync', run: on => on.syncDirectory(a) })
        return Reflect.apply(value, target, values) as unknown
      }
    }
  })
  action(recorder)
  return operations
}

/** Every picture that a power cut can leave: all up to a sync, and any subset of what came between it and the next. */
function crashImages(operations: readonly Operation[], make: () => MemoryDisk): (() => MemoryDisk)[] {
  const images: (() => MemoryDisk)[] = []
  const groups: Operation[][] = [[]]
  for (const operation of operations) {
    if (operation.kind === 'sync') groups.push([])
    else groups.at(-1)?.push(operation)
  }
  groups.forEach((group, at) => {
    for (let subset = 0; subset < 2 ** group.length; subset++) {
      const survivors = group.filter((_, i) => (subset & (1 << i)) !== 0)
      images.push(() => {
        const disk = make()
        for (const operation of [...groups.slice(0, at).flat(), ...survivors]) operation.run(disk)
        return disk
      })
    }
  })
  return images
}

function isOneOf(disk: MemoryDisk, ...pictures: Record<string, string>[]): boolean {
  const found = JSON.stringify(contents(disk))
  return pictures.some(picture => JSON.stringify(sorted(picture)) === found)
}

function sorted(picture: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(picture).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const REPLACEMENTS = [[0], [10], [0, 10], [0, 10, 20], [10, 20]]

describe.each(REPLACEMENTS.map(replaced => ({ replaced })))('a swap of $replaced', ({ replaced }) => {
  test('leaves the new files only', () => {
    const disk = prepared(replaced)
    expect(swapIn(disk, DIRECTORY, replacement(replaced))).toBe(true)
    expect(contents(disk)).toEqual(after(replaced))
    disk.crash()
    expect(contents(disk)).toEqual(after(replaced))
    expect(recoverSwaps(disk, DIRECTORY)).toBe(0)
  })

  test('a power cut with any subset of unsynced renames and removals leads to old or new, wholly', () => {
    const operations = record(prepared(replaced), disk => void swapIn(disk, DIRECTORY, replacement(replaced)))
    const images = crashImages(operations, () => prepared(replaced))
    expect(images.length).toBeGreaterThan(16)
    let isNewSeen = false
    for (const image of images) {
      const disk = image()
      recoverSwaps(disk, DIRECTORY)
      expect(isOneOf(disk, before(), after(replaced))).toBe(true)
      isNewSeen ||= isOneOf(disk, after(replaced))
      expect(recoverSwaps(disk, DIRECTORY)).toBe(0)
    }
    expect(isNewSeen).toBe(true)
  })

  test('so does a power cut during the recovery of any of these', () => {
    const operations = record(prepared(replaced), disk => void swapIn(disk, DIRECTORY, replacement(replaced)))
    for (const image of crashImages(operations, () => prepared(replaced))) {
      const again = record(image(), disk => void recoverSwaps(disk, DIRECTORY)).filter(each => each.kind !== 'sync')
      for (let count = 0; count <= again.length; count++) {
        const disk = image()
        for (const operation of again.slice(0, count)) operation.run(disk)
        recoverSwaps(disk, DIRECTORY)
        expect(isOneOf(disk, before(), after(replaced))).toBe(true)
      }
    }
  })

  test('an operation that fails leaves a directory that the next start brings to old or new', () => {
    const failures = ['rename', 'unlink', 'syncDirectory'] as const
    for (const operation of failures) {
      for (let nth = 0; nth < 12; nth++) {
        for (const end of ['crash', 'kill'] as const) {
          const disk = prepared(replaced)
          const flaky = failingAt(disk, operation, nth)
          try {
            swapIn(flaky, DIRECTORY, replacement(replaced))
          } catch {
            // The test is about what is left.
          }
          disk[end]()
          recoverSwaps(disk, DIRECTORY)
          expect(isOneOf(disk, before(), after(replaced))).toBe(true)
        }
      }
    }
  })
})

function failingAt(disk: MemoryDisk, operation: string, nth: number): Disk {
  let count = 0
  return new Proxy<Disk>(disk, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return (...values: unknown[]) => {
        if (property === operation && count++ === nth) throw new Error('injected')
        return Reflect.apply(value, target, values) as unknown
      }
    }
  })
}

describe('a start', () => {
  test('drops cleaned files that were not committed, whole or not', () => {
    const disk = prepared([0, 10])
    put(disk, `${name(20, 'log')}.cleaned`, 'half a')
    recoverSwaps(disk, DIRECTORY)
    expect(contents(disk)).toEqual(before())
  })

  test('a swap does not begin when retention has removed a segment of it', () => {
    const disk = prepared([0, 10])
    disk.unlink(`${DIRECTORY}/${name(0, 'log')}`)
    expect(swapIn(disk, DIRECTORY, replacement([0, 10]))).toBe(false)
    expect(disk.list(DIRECTORY).some(entry => entry.name.endsWith('.cleaned'))).toBe(false)
    expect(disk.exists(`${DIRECTORY}/${name(10, 'log')}`)).toBe(true)
  })

  test('nor when it is not the segment that was read', () => {
    const disk = prepared([0])
    put(disk, name(0, 'log'), 'cut back and written again')
    expect(swapIn(disk, DIRECTORY, replacement([0]))).toBe(false)
    expect(contents(disk)).toEqual({ ...before(), [name(0, 'log')]: 'cut back and written again' })
  })

  test("takes Kafka's .swap when its segment is missing, and drops it when it is there", () => {
    const disk = prepared([0])
    dropCleaned(disk, DIRECTORY, 0)
    put(disk, `${name(20, 'log')}.swap`, 'swapped')
    recoverSwaps(disk, DIRECTORY)
    expect(contents(disk)).toEqual(before())
    put(disk, `${name(20, 'log')}.swap`, 'swapped')
    put(disk, `${name(20, 'index')}.swap`, 'swapped index')
    disk.unlink(`${DIRECTORY}/${name(20, 'log')}`)
    recoverSwaps(disk, DIRECTORY)
    expect(contents(disk)).toMatchObject({ [name(20, 'log')]: 'swapped', [name(20, 'index')]: 'swapped index' })
  })

  test('with a damaged manifest goes back to the old files while it can, and else opens nothing', () => {
    const disk = prepared([0, 10])
    disk.rename(`${DIRECTORY}/${name(0, 'swap')}.cleaned`, `${DIRECTORY}/${name(0, 'swap')}`)
    put(disk, name(0, 'swap'), '0\n2\nreplaces 0\nreplaces 20')
    recoverSwaps(disk, DIRECTORY)
    const kept = before()
    for (const kind of ['index', 'timeindex', 'txnindex']) delete kept[name(0, kind)]
    expect(contents(disk)).toEqual(kept)
    put(disk, name(0, 'swap'), 'torn')
    expect(() => recoverSwaps(disk, DIRECTORY)).toThrow('is damaged')
  })
})

describe('the manifest', () => {
  test('comes back as it was', () => {
    expect(parseManifest(printManifest([0, 10, 2 ** 52]))).toEqual([0, 10, 2 ** 52])
  })

  test('any changed byte is noticed', () => {
    const text = printManifest([10, 20])
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), (at, flip) => {
        const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ flip) + text.slice(at + 1)
        expect(parseManifest(changed)).toBeNull()
      })
    )
  })

  test('that names a file which is not there stops the start', () => {
    const manifests = new Map([[name(0, 'swap'), printManifest([0])]])
    expect(planSwapRecovery({ names: [name(0, 'swap')], manifests }).damaged?.name).toBe(name(0, 'log'))
  })
})
