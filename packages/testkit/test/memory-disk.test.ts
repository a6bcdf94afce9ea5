import { replaceWhole } from '@streambus/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../src/memory-disk.ts'

function contents(disk: MemoryDisk, path: string): string {
  const file = disk.open(path, { readOnly: true })
  const bytes = Buffer.alloc(file.sizeBytes())
  file.read(bytes, 0)
  return bytes.toString('latin1')
}

function withFile(disk: MemoryDisk): ReturnType<MemoryDisk['open']> {
  const file = disk.open('/f', { create: true })
  disk.syncDirectory('/')
  return file
}

test('a name is lost without a sync of its directory, contents without a sync of the file', () => {
  const disk = new MemoryDisk()
  const named = withFile(disk)
  named.write([Buffer.from('lost')], 0)
  const unnamed = disk.open('/g', { create: true })
  unnamed.write([Buffer.from('lost')], 0)
  unnamed.syncNow()
  disk.crash()
  expect([disk.exists('/f'), contents(disk, '/f'), disk.exists('/g')]).toEqual([true, '', false])
})

test('a rename and an unlink come back unless the directory was synced', () => {
  const disk = new MemoryDisk()
  withFile(disk)
  disk.rename('/f', '/g')
  disk.crash()
  expect([disk.exists('/f'), disk.exists('/g')]).toEqual([true, false])
  disk.unlink('/f')
  disk.crash()
  expect(disk.exists('/f')).toBe(true)
  disk.unlink('/f')
  disk.syncDirectory('/')
  disk.crash()
  expect(disk.exists('/f')).toBe(false)
})

test('a sync covers what was written before it began, also when a later one ends first', () => {
  const disk = new MemoryDisk({ syncs: 'manual' })
  const file = withFile(disk)
  file.write([Buffer.from('a')], 0)
  file.sync(() => {})
  file.write([Buffer.from('b')], 1)
  file.syncNow()
  file.write([Buffer.from('c')], 2)
  disk.completeSyncs()
  disk.crash()
  expect(contents(disk, '/f')).toBe('ab')
})

test('kill keeps the page cache, ends handles and forgets syncs under way', () => {
  const disk = new MemoryDisk({ syncs: 'manual' })
  const file = withFile(disk)
  file.write([Buffer.from('kept')], 0)
  let reports = 0
  file.sync(() => reports++)
  disk.kill()
  disk.completeSyncs()
  expect([reports, contents(disk, '/f')]).toEqual([0, 'kept'])
  expect(() => file.write([Buffer.from('x')], 0)).toThrow(/EBADF/)
})

test('closing a file under a running sync is an error of that sync, as on a real disk', () => {
  const disk = new MemoryDisk({ syncs: 'manual' })
  const file = withFile(disk)
  const codes: (string | undefined)[] = []
  file.sync(error => codes.push(error?.code))
  file.close()
  disk.completeSyncs()
  expect(codes).toEqual(['EBADF'])
})

test('faults hit once, only their path, and may let a part through', () => {
  const disk = new MemoryDisk()
  const file = withFile(disk)
  disk.failNext('write', { code: 'ENOSPC', path: '/other' })
  disk.failNext('write', { code: 'ENOSPC', path: '/f', shortBytes: 3 })
  expect(() => file.write([Buffer.from('ab'), Buffer.from('cd')], 0)).toThrow(/ENOSPC/)
  expect(contents(disk, '/f')).toBe('abc')
  file.write([Buffer.from('xyz!')], 0)
  expect(contents(disk, '/f')).toBe('xyz!')
})

test('a full disk takes what fits; overwriting needs no room', () => {
  const disk = new MemoryDisk({ capacityBytes: 5 })
  const file = withFile(disk)
  expect(() => file.write([Buffer.from('1234567')], 0)).toThrow(/ENOSPC/)
  expect([contents(disk, '/f'), disk.space('/').availableBytes]).toEqual(['12345', 0])
  file.write([Buffer.from('abcde')], 0)
  expect(contents(disk, '/f')).toBe('abcde')
})

test('replaceWhole leaves the old or the new content after a cut at any step', () => {
  for (const operation of ['open', 'write', 'sync', 'rename', 'syncDirectory', null] as const) {
    const disk = new MemoryDisk()
    replaceWhole(disk, '/f', Buffer.from('old'))
    if (operation !== null) disk.failNext(operation, { code: 'EIO' })
    try {
      replaceWhole(disk, '/f', Buffer.from('new'))
    } catch {}
    disk.crash()
    expect(contents(disk, '/f')).toBe(operation === null ? 'new' : 'old')
  }
})

test('any writes and cuts give what a byte array gives, before and after a cut of power', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('write'),
      at: fc.nat(40),
      length: fc.nat(30),
      fill: fc.integer({ min: 97, max: 122 })
    }),
    fc.record({
      kind: fc.constantFrom('truncate', 'sync'),
      at: fc.nat(60),
      length: fc.constant(0),
      fill: fc.constant(0)
    })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), steps => {
      const disk = new MemoryDisk()
      const file = withFile(disk)
      let live: number[] = []
      let durable: number[] = []
      for (const { kind, at, length, fill } of steps) {
        if (kind === 'sync') {
          file.syncNow()
          durable = [...live]
        } else if (kind === 'truncate') {
          file.truncate(at)
          live = Array.from({ length: at }, (_, i) => live[i] ?? 0)
        } else if (length > 0) {
          file.write([Buffer.alloc(length, fill)], at)
          const size = Math.max(live.length, at + length)
          live = Array.from({ length: size }, (_, i) => (i >= at && i < at + length ? fill : (live[i] ?? 0)))
        }
        expect(contents(disk, '/f')).toBe(Buffer.from(live).toString('latin1'))
      }
      disk.crash()
      expect(contents(disk, '/f')).toBe(Buffer.from(durable).toString('latin1'))
    })
  )
})
