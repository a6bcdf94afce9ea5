import { deflateRawSync } from 'node:zlib'
import { readWhole, replaceWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { BALLAST_BYTES, Ballast } from '../../src/index.ts'

test('takes a megabyte on, drops it, and does without where there is no room', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  const ballast = new Ballast(disk, '/data')
  expect(ballast.takeOn()).toBe(true)
  expect(disk.open('/data/.ballast').sizeBytes()).toBe(1024 * 1024)
  expect(deflateRawSync(readWhole(disk, '/data/.ballast')).length).toBeGreaterThan(1024 * 1024)
  ballast.drop()
  ballast.drop()
  expect(disk.exists('/data/.ballast')).toBe(false)
  disk.failNext('write', { code: 'ENOSPC', path: '.ballast' })
  expect(ballast.takeOn()).toBe(false)
  expect(disk.exists('/data/.ballast')).toBe(false)
  disk.failNext('write', { code: 'EIO', path: '.ballast' })
  expect(() => ballast.takeOn()).toThrow(/EIO/)
})

test('is given once, durably, when what matters finds the disk full; then whoever keeps producers away is told first', () => {
  const disk = new MemoryDisk({ capacityBytes: 2 * BALLAST_BYTES })
  disk.makeDirectory('/data')
  disk.syncDirectory('/')
  const ballast = new Ballast(disk, '/data')
  const told: string[] = []
  ballast.onGiven(() => told.push('given'))
  ballast.takeOn()
  disk.syncDirectory('/data')
  const file = disk.open('/data/full', { create: true })
  file.write([Buffer.alloc(BALLAST_BYTES)], 0)
  const write = (name: string) => (): void => {
    told.push(name)
    disk.open(`/data/${name}`, { create: true }).write([Buffer.alloc(BALLAST_BYTES / 2 + 1)], 0)
  }
  ballast.withRoom(write('a'))
  expect([told, ballast.isThere]).toEqual([['a', 'given', 'a'], false])
  expect(() => ballast.withRoom(write('b'))).toThrow(/ENOSPC/)
  expect([told.slice(3), ballast.give()]).toEqual([['b'], false])
  disk.crash()
  expect(new Ballast(disk, '/data').isThere).toBe(false)
})

test('is not given for what no room would help', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  const ballast = new Ballast(disk, '/data')
  ballast.takeOn()
  for (const [operation, code] of [
    ['sync', 'ENOSPC'],
    ['write', 'EIO'],
    ['open', 'EMFILE']
  ] as const) {
    disk.failNext(operation, { code, path: 'x' })
    expect(() => ballast.withRoom(() => replaceWhole(disk, '/data/x', Buffer.from('x')))).toThrow(code)
  }
  expect([ballast.isThere, new Ballast(disk, '/data').isThere]).toEqual([true, true])
})

test('one that somebody removed is written again', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  const ballast = new Ballast(disk, '/data')
  ballast.takeOn()
  disk.unlink('/data/.ballast')
  expect([ballast.takeOn(), disk.exists('/data/.ballast')]).toEqual([true, true])
})
