import { type Disk, readWhole, replaceWhole } from '@streambus/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../../src/memory-disk.ts'
import { SeededPrng } from '../../src/seeded-prng.ts'
import { crashImage, TraceReplay } from '../../src/sim-disk/replay.ts'
import {
  type CrashChoice,
  crashChoices,
  isJournalled,
  parseChoice,
  printChoice,
  survivors
} from '../../src/sim-disk/survival.ts'
import type { DiskTrace } from '../../src/sim-disk/trace.ts'

function recorded(run: (disk: MemoryDisk, trace: DiskTrace) => void): DiskTrace {
  const disk = new MemoryDisk()
  const trace = disk.record()
  run(disk, trace)
  return trace
}

function textOf(disk: Disk, path: string): string | null {
  return disk.exists(path) ? readWhole(disk, path).toString('latin1') : null
}

/** Every image that the choices give after the last operation, without repeats. */
function pictures(trace: DiskTrace, path: string): Set<string | null> {
  const replay = new TraceReplay(trace)
  replay.advanceTo(trace.operations.length)
  const choices = crashChoices(replay.pending.length, 200, 1)
  return new Set(choices.map(choice => textOf(replay.image(choice), path)))
}

/** A durable empty file. */
function emptyFile(disk: MemoryDisk, path: string): ReturnType<MemoryDisk['open']> {
  const file = disk.open(path, { create: true })
  disk.syncDirectory('/')
  return file
}

const sector = (letter: string): string => letter.repeat(512)
const lost = '\0'.repeat(512)

test('of unsynced sectors any subset may survive; a lost one before a surviving one reads as zeros', () => {
  const trace = recorded(disk => emptyFile(disk, '/f').write([Buffer.from(sector('a') + sector('b'))], 0))
  expect(pictures(trace, '/f')).toEqual(
    new Set(['', sector('a'), lost + sector('b'), sector('a') + sector('b'), lost + lost, sector('a') + lost])
  )
})

test('a sector that is written twice is found as before, after the first or after the second write, never mixed', () => {
  const trace = recorded(disk => {
    const file = emptyFile(disk, '/f')
    file.write([Buffer.from('old.')], 0)
    file.syncNow()
    file.write([Buffer.from('AB')], 0)
    file.write([Buffer.from('CD')], 2)
  })
  expect(pictures(trace, '/f')).toEqual(new Set(['old.', 'ABd.', 'ABCD']))
})

test('a lost sector within the durable size reads as it was', () => {
  const trace = recorded(disk => {
    const file = emptyFile(disk, '/f')
    file.write([Buffer.from(sector('a') + sector('b'))], 0)
    file.syncNow()
    file.write([Buffer.from(sector('x') + sector('y'))], 0)
  })
  expect(pictures(trace, '/f')).toEqual(
    new Set(['ab', 'xb', 'ay', 'xy'].map(letters => letters.split('').map(sector).join('')))
  )
})

test('a cut that is lost leaves the old end; what is written after it does not survive without it', () => {
  const trace = recorded(disk => {
    const file = emptyFile(disk, '/f')
    file.write([Buffer.from('abcdef')], 0)
    file.syncNow()
    file.truncate(2)
    file.write([Buffer.from('XY')], 4)
  })
  expect(pictures(trace, '/f')).toEqual(new Set(['abcdef', 'ab', 'ab\0\0XY', 'ab\0\0\0\0']))
})

test('names survive one by one unless the directory was synced; a rename is never half', () => {
  const trace = recorded(disk => {
    for (const name of ['/a', '/b']) disk.open(name, { create: true }).write([Buffer.from(name)], 0)
    disk.open('/a').syncNow()
    disk.syncDirectory('/')
    disk.rename('/a', '/c')
    disk.unlink('/b')
  })
  const replay = new TraceReplay(trace)
  replay.advanceTo(trace.operations.length)
  const found = crashChoices(replay.pending.length, 100, 1).map(choice =>
    replay
      .image(choice)
      .list('/')
      .map(({ name }) => name)
      .join()
  )
  expect(new Set(found)).toEqual(new Set(['a,b', 'a', 'b,c', 'c']))
  expect(textOf(replay.image({ kind: 'all' }), '/c')).toBe('/a')
})

test('a file whose name is lost is gone with all it holds; a renamed one whose creation is lost has one name', () => {
  const trace = recorded(disk => {
    const file = disk.open('/a', { create: true })
    file.write([Buffer.from('x')], 0)
    file.syncNow()
    disk.rename('/a', '/b')
    disk.rename('/b', '/c')
  })
  const replay = new TraceReplay(trace)
  replay.advanceTo(trace.operations.length)
  const names = crashChoices(replay.pending.length, 50, 1).map(choice =>
    replay
      .image(choice)
      .list('/')
      .map(({ name }) => name)
      .join()
  )
  expect(new Set(names)).toEqual(new Set(['', 'a', 'b', 'c']))
})

test('half of the random choices lose names like a journal does, the others do not', () => {
  const trace = recorded(disk => {
    for (let i = 0; i < 6; i++) disk.open(`/f${i}`, { create: true })
  })
  const replay = new TraceReplay(trace)
  replay.advanceTo(trace.operations.length)
  let journalled = 0
  for (let index = 0; index < 400; index++) {
    if (isJournalled(replay.pending, survivors({ kind: 'random', index }, replay.pending))) journalled++
  }
  expect(journalled).toBeGreaterThan(200)
  expect(journalled).toBeLessThan(350)
})

test('an image is a disk of its own: what happens on it is seen neither by the recorded disk nor by other images', () => {
  const trace = recorded(disk => {
    const file = emptyFile(disk, '/f')
    file.write([Buffer.from('abc')], 0)
    file.syncNow()
  })
  const first = crashImage(trace, trace.operations.length)
  first.open('/f').write([Buffer.from('XXX')], 0)
  first.unlink('/f')
  expect(textOf(crashImage(trace, trace.operations.length), '/f')).toBe('abc')
})

test('the whole trace, nothing lost, is the disk that was recorded; a sync that failed or lied is so in the image too', () => {
  const trace = recorded(disk => {
    const file = emptyFile(disk, '/f')
    file.write([Buffer.from('old')], 0)
    file.syncNow()
    file.write([Buffer.from('new')], 0)
    disk.failNext('sync', { code: 'EIO', marksClean: true })
    expect(() => file.syncNow()).toThrow(/EIO/)
    const stop = disk.lieAboutSyncs()
    const other = disk.open('/g', { create: true })
    other.write([Buffer.from('lie')], 0)
    other.syncNow()
    disk.syncDirectory('/')
    stop()
  })
  const image = crashImage(trace, trace.operations.length, { kind: 'all' })
  expect([textOf(image, '/f'), textOf(image, '/g')]).toEqual(['old', 'lie'])
  const cut = crashImage(trace, trace.operations.length)
  expect([textOf(cut, '/f'), textOf(cut, '/g')]).toEqual(['old', null])
})

test('crash in place takes a choice as an image does', () => {
  const disk = new MemoryDisk()
  const file = emptyFile(disk, '/f')
  file.write([Buffer.from('x')], 0)
  disk.crash({ choice: { kind: 'all' } })
  expect(textOf(disk, '/f')).toBe('x')
})

test('marks say what had been promised when so many operations were done', () => {
  const trace = recorded((disk, marks) => {
    emptyFile(disk, '/f')
    marks.mark('created')
    disk.unlink('/f')
    marks.mark('unlinked')
  })
  expect([0, 1, 2, 3].map(at => trace.markAt(at)?.mark ?? null)).toEqual([null, null, 'created', 'unlinked'])
})

test('every choice can be printed and read again', () => {
  for (const choice of crashChoices(5, 3, 4_294_967_295)) expect(parseChoice(printChoice(choice))).toEqual(choice)
  for (const text of ['', 'some', 'only', 'only:', 'only:x', 'all:1x:2', 'most:3']) {
    if (text !== 'all:1x:2') expect(() => parseChoice(text)).toThrow(/a choice is/)
  }
})

test('whatever was synced is in every image; the live disk and the image with everything agree', () => {
  const step = fc.record({
    kind: fc.constantFrom('write', 'write', 'write', 'truncate', 'sync', 'rename', 'syncDirectory'),
    at: fc.nat(1500),
    length: fc.nat(1200),
    fill: fc.integer({ min: 97, max: 122 })
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(), (steps, seed) => {
      const disk = new MemoryDisk()
      const trace = disk.record()
      const file = emptyFile(disk, '/f0')
      let name = '/f0'
      let synced: Buffer | null = null
      let renames = 0
      for (const { kind, at, length, fill } of steps) {
        if (kind === 'write') file.write([Buffer.alloc(length, fill)], at)
        else if (kind === 'truncate') file.truncate(at)
        else if (kind === 'sync') file.syncNow()
        else if (kind === 'rename') disk.rename(name, (name = `/f${++renames}`))
        else disk.syncDirectory('/')
        if (kind === 'sync') synced = readWhole(disk, name)
        else if (kind === 'write' || kind === 'truncate') synced = null
      }
      const replay = new TraceReplay(trace)
      replay.advanceTo(trace.operations.length)
      const prng = new SeededPrng(seed)
      const choices: CrashChoice[] = [{ kind: 'none' }, { kind: 'random', index: prng.u32() }, { kind: 'all' }]
      for (const choice of choices) {
        const image = replay.image(choice)
        const names = image.list('/').map(each => `/${each.name}`)
        expect(names.length).toBe(1)
        const content = readWhole(image, names[0] as string)
        if (synced !== null) expect(content.equals(synced)).toBe(true)
        if (choice.kind === 'all') expect([names[0], content]).toEqual([name, readWhole(disk, name)])
      }
    }),
    { numRuns: 200 }
  )
})

/** The first broken image of a sweep over every operation and every choice, or null. */
function sweep(
  trace: DiskTrace<string>,
  isFine: (image: MemoryDisk, promised: string | null) => boolean
): string | null {
  const replay = new TraceReplay(trace)
  for (let at = 0; at <= trace.operations.length; at++) {
    replay.advanceTo(at)
    const promised = trace.markAt(at)?.mark ?? null
    for (const choice of crashChoices(replay.pending.length, 5, at)) {
      if (!isFine(replay.image(choice), promised)) return `${at} ${printChoice(choice)}`
    }
  }
  return null
}

/** Replaces a file and says so; `forget` leaves one of its steps out. */
function replaceBadly(disk: Disk, text: string, forget: 'sync' | 'syncDirectory' | 'rename' | null): void {
  const path = forget === 'rename' ? '/f' : '/f.tmp'
  const file = disk.open(path, { create: true })
  if (forget === 'rename') file.truncate(0)
  file.write([Buffer.from(text)], 0)
  if (forget !== 'sync') file.syncNow()
  file.close()
  if (forget !== 'rename') disk.rename('/f.tmp', '/f')
  if (forget !== 'syncDirectory') disk.syncDirectory('/')
}

function toyTrace(write: (disk: Disk, text: string) => void): DiskTrace<string> {
  const disk = new MemoryDisk()
  const trace = disk.record<string>()
  for (const letter of 'abc') {
    write(disk, letter.repeat(1300))
    trace.mark(letter.repeat(1300))
  }
  return trace
}

/** The promised text or the one that is being written: whole. */
function isOldOrNew(image: MemoryDisk, promised: string | null): boolean {
  const text = textOf(image, '/f')
  const next = promised === null ? 'a' : String.fromCharCode(promised.charCodeAt(0) + 1)
  return text === promised || text === next.repeat(1300)
}

test.each(['sync', 'syncDirectory', 'rename'] as const)('a sweep finds the writer that forgets its %s', forget => {
  const trace = toyTrace((disk, text) => replaceBadly(disk, text, forget))
  expect(sweep(trace, isOldOrNew)).not.toBe(null)
})

test('a sweep finds nothing wrong with writers that forget nothing', () => {
  expect(
    sweep(
      toyTrace((disk, text) => replaceBadly(disk, text, null)),
      isOldOrNew
    )
  ).toBe(null)
  expect(
    sweep(
      toyTrace((disk, text) => replaceWhole(disk, '/f', Buffer.from(text))),
      isOldOrNew
    )
  ).toBe(null)
})
