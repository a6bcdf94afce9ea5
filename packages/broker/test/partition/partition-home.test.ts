import { LogDirectory } from '@streambus/storage-log'
import { MemoryDisk } from '@streambus/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TopicImage } from '../../src/controller/image.ts'
import { writeTopicId } from '../../src/partition/partition-files.ts'
import { PartitionHomes, PartitionMissing } from '../../src/partition/partition-home.ts'

const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const OLDER = 'BBBBBBBBBBBBBBBBBBBBBB'
const TOPIC: TopicImage = { name: 't', id: ID, partitions: [], configs: new Map() }

/** Directories /a, /b and /c with ids a, b and c, some of which hold a partition t-0 of some topic. */
function setUp(
  holding: Readonly<Record<string, string | null>>,
  options: { lost?: string[]; present?: string[] } = {}
) {
  const disk = new MemoryDisk()
  const directories = (options.present ?? ['a', 'b', 'c']).map(name => LogDirectory.open(disk, `/${name}`))
  for (const [name, id] of Object.entries(holding)) {
    disk.makeDirectory(`/${name}/t-0`)
    if (id !== null) writeTopicId(disk, `/${name}/t-0`, id)
  }
  const strays: string[] = []
  const homes = new PartitionHomes({
    disk,
    directories,
    idOf: ({ path }) => path.slice(1),
    lostIds: new Set(options.lost),
    onStray: path => strays.push(path)
  })
  return { disk, strays, find: (id: string | undefined) => homes.find(TOPIC, 0, id)?.path ?? null }
}

test('the directory that the metadata names is the one, and a second copy is set aside', () => {
  const { find, strays, disk } = setUp({ a: ID, b: ID, c: null })
  expect(find('b')).toBe('/b')
  expect(strays).toEqual([`/a/t-0.${ID}-stray`, `/c/t-0.${ID}-stray`])
  expect(disk.exists('/a/t-0')).toBe(false)
  expect(find('b')).toBe('/b')
})

test('of a directory that is missing nothing begins anew, whatever copies others have', () => {
  for (const copies of [{}, { a: ID }]) {
    const { find, strays } = setUp(copies, { present: ['a', 'c'] })
    expect(() => find('b')).toThrow(PartitionMissing)
    expect(() => find('b')).toThrow(
      't-0 is in the log directory with id b, log.dirs has /a (a), /c (c): mount it again or add it to log.dirs, and restart; if it is lost for good, set log.dirs.lost=b'
    )
    expect(strays).toEqual([])
  }
})

test('a loss that is accepted lets it begin anew, or in the copy that is left', () => {
  expect(setUp({}, { present: ['a'], lost: ['b'] }).find('b')).toBeNull()
  expect(setUp({ a: ID }, { present: ['a'], lost: ['b'] }).find('b')).toBe('/a')
  expect(() => setUp({}, { present: ['a'], lost: ['c'] }).find('b')).toThrow(PartitionMissing)
  // Accepted, and then found again: it is not lost.
  expect(setUp({ b: ID }, { lost: ['b'] }).find('b')).toBe('/b')
})

test('what was moved by hand while the named directory is there is found', () => {
  expect(setUp({ a: ID }).find('b')).toBe('/a')
})

test('created, and then a crash before its first file: it begins where it was to', () => {
  expect(setUp({}).find('b')).toBe('/b')
  expect(setUp({}).find('')).toBeNull()
})

test('data from before directories were recorded is adopted where it is, and never begun anew', () => {
  expect(setUp({ c: ID }).find(undefined)).toBe('/c')
  expect(() => setUp({}).find(undefined)).toThrow('no log directory holds t-0')
})

test('two copies of which the metadata names neither are left alone', () => {
  for (const known of [undefined, '', 'c']) {
    const { find, strays } = setUp({ a: ID, b: ID })
    expect(() => find(known)).toThrow('/a and /b both hold t-0')
    expect(strays).toEqual([])
  }
})

test('an older topic of the same name is set aside, not served', () => {
  const { find, strays } = setUp({ a: OLDER, b: OLDER })
  expect(find('b')).toBe('/b')
  expect(strays).toEqual([`/a/t-0.${OLDER}-stray`, `/b/t-0.${OLDER}-stray`])
})

test('it is never found where it is not while somebody has it, and never begun anew beside a copy', () => {
  const place = fc.constantFrom<string[]>('a', 'b', 'c')
  const picture = fc.record({
    present: fc.uniqueArray(place, { minLength: 1 }),
    copies: fc.uniqueArray(place),
    named: fc.option(fc.constantFrom<string[]>('a', 'b', 'c', ''), { nil: undefined }),
    lost: fc.uniqueArray(place)
  })
  fc.assert(
    fc.property(picture, ({ present, copies, named, lost }) => {
      const held = copies.filter(name => present.includes(name))
      const { find } = setUp(Object.fromEntries(held.map(name => [name, ID])), { present, lost })
      let found: string | null
      try {
        found = find(named)
      } catch (error) {
        expect(error).toBeInstanceOf(PartitionMissing)
        expect(named !== undefined && held.includes(named)).toBe(false)
        return
      }
      if (held.length > 0) expect(held.map(name => `/${name}`)).toContain(found)
      if (named !== undefined && held.includes(named)) expect(found).toBe(`/${named}`)
      const mayBegin = named === '' || (named !== undefined && (present.includes(named) || lost.includes(named)))
      if (held.length === 0) expect(mayBegin).toBe(true)
    })
  )
})
