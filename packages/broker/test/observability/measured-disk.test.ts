import { DiskError } from '@streambus/base'
import { createBrokerMetrics } from '@streambus/metrics'
import { MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { MeasuredDisk } from '../../src/observability/measured-disk.ts'
import { ManualClock } from './manual-clock.ts'

function setup() {
  const metrics = createBrokerMetrics()
  const inner = new MemoryDisk({ syncs: 'manual' })
  const disk = new MeasuredDisk(inner, metrics, { clock: new ManualClock() })
  const errors = (op: string, code: string): number => metrics.cells.storageErrors.child(op, code).value
  return { inner, disk, errors, cells: metrics.cells }
}

test('a measured disk does what the disk does, and counts what may wait for the device', () => {
  const { disk, cells } = setup()
  disk.makeDirectory('/d')
  const file = disk.open('/d/f', { create: true })
  file.write([Buffer.from('hello')], 0)
  file.syncNow()
  expect([file.path, file.sizeBytes()]).toEqual(['/d/f', 5])
  const target = Buffer.alloc(5)
  expect([file.read(target, 0), target.toString()]).toEqual([5, 'hello'])
  file.truncate(2)
  file.close()
  disk.rename('/d/f', '/d/g')
  disk.syncDirectory('/d')
  expect([disk.exists('/d/g'), disk.list('/d').map(({ name }) => name)]).toEqual([true, ['g']])
  disk.unlink('/d/g')
  disk.removeDirectory('/d')
  const counts = ['open', 'rename', 'unlink', 'sync', 'sync_directory'].map(op => cells.storageIo.child(op).count)
  expect(counts).toEqual([1, 1, 1, 1, 1])
  expect(disk.space('/').totalBytes).toBeGreaterThan(0)
  disk.lock('/lock').release()
})

test('what fails is counted by operation and code, and thrown on; what is only asked for is not', () => {
  const { inner, disk, errors, cells } = setup()
  const file = disk.open('/f', { create: true })
  for (const code of ['ENOSPC', 'EIO'] as const) {
    inner.failNext('write', { code })
    expect(() => file.write([Buffer.from('x')], 0)).toThrow(DiskError)
  }
  expect([errors('write', 'ENOSPC'), errors('write', 'EIO')]).toEqual([1, 1])
  inner.failNext('sync', { code: 'EIO' })
  const results: (DiskError | null)[] = []
  file.sync(error => results.push(error))
  inner.completeSyncs()
  expect([results[0]?.code, errors('fdatasync', 'EIO')]).toEqual(['EIO', 1])
  expect(() => disk.open('/missing')).toThrow(DiskError)
  expect([...cells.storageErrors.children()].some(({ labels }) => labels['code'] === 'ENOENT')).toBe(false)
})

test('syncs in the thread pool are in flight until they end, well or not', () => {
  const { inner, disk, cells } = setup()
  const inFlight = cells.storageInFlight.child('sync')
  const files = ['/a', '/b'].map(path => disk.open(path, { create: true }))
  for (const file of files) file.sync(() => {})
  expect(inFlight.value).toBe(2)
  inner.completeSyncs()
  expect(inFlight.value).toBe(0)
  inner.failNext('sync', { code: 'EIO' })
  files[0]?.sync(() => {})
  inner.completeSyncs()
  expect(inFlight.value).toBe(0)
})
