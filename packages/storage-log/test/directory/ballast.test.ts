import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { Ballast } from '../../src/index.ts'

test('takes a megabyte on, drops it, and does without where there is no room', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  const ballast = new Ballast(disk, '/data')
  expect(ballast.takeOn()).toBe(true)
  expect(disk.open('/data/.ballast').sizeBytes()).toBe(1024 * 1024)
  ballast.drop()
  ballast.drop()
  expect(disk.exists('/data/.ballast')).toBe(false)
  disk.failNext('write', { code: 'ENOSPC', path: '.ballast' })
  expect(ballast.takeOn()).toBe(false)
  expect(disk.exists('/data/.ballast')).toBe(false)
  disk.failNext('write', { code: 'EIO', path: '.ballast' })
  expect(() => ballast.takeOn()).toThrow(/EIO/)
})
