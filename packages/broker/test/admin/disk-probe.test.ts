import { ManualClock, MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { DiskProbe } from '../../src/admin/disk-probe.ts'

function setup(options: ConstructorParameters<typeof MemoryDisk>[0] = {}) {
  const disk = new MemoryDisk(options)
  disk.makeDirectory('/data')
  const clock = new ManualClock()
  return { disk, clock, probe: new DiskProbe(disk, clock) }
}

test('writes and syncs a file of constant size, once a second at most, through one handle', async () => {
  const { disk, clock, probe } = setup()
  for (let i = 0; i < 5; i++) expect(await probe.probe('/data')).toBe(null)
  expect([disk.counts.write, disk.counts.sync, disk.counts.open]).toEqual([1, 1, 1])
  clock.advance(1_000)
  expect(await probe.probe('/data')).toBe(null)
  expect([disk.counts.write, disk.counts.sync, disk.counts.open]).toEqual([2, 2, 1])
  expect(disk.open('/data/.health', { readOnly: true }).sizeBytes()).toBe(32)
})

test('while a sync does not end nothing more is written, everybody waits for the same, and the time is told', async () => {
  const { disk, clock, probe } = setup()
  const release = disk.stallSyncs('.health')
  const waiting = [probe.probe('/data'), probe.probe('/data')]
  clock.advance(7_000)
  const late = probe.probe('/data')
  expect(disk.counts.write).toBe(1)
  expect(probe.runningMs('/data', clock.monotonicMs())).toBe(7_000)
  release()
  expect(await Promise.all([...waiting, late])).toEqual([null, null, null])
  expect(probe.runningMs('/data', clock.monotonicMs())).toBe(0)
})

test('tells what went wrong at opening, writing and syncing, and begins anew with a file opened again', async () => {
  for (const operation of ['open', 'write', 'sync'] as const) {
    const { disk, clock, probe } = setup()
    disk.failNext(operation, { code: 'EIO', path: '.health' })
    expect(await probe.probe('/data'), operation).toMatchObject({ code: 'EIO' })
    expect(disk.openFiles, operation).toBe(0)
    clock.advance(1_000)
    expect(await probe.probe('/data'), operation).toBe(null)
  }
})

test('a full disk is no failure of the disk', async () => {
  const { probe } = setup({ capacityBytes: 0 })
  expect(await probe.probe('/data')).toBe(null)
})

test('close closes the file, at once or when its sync has ended, and nothing is written afterwards', async () => {
  const { disk, clock, probe } = setup()
  await probe.probe('/data')
  probe.close()
  clock.advance(10_000)
  await probe.probe('/data')
  expect([disk.openFiles, disk.counts.write]).toEqual([0, 1])

  const stuck = setup()
  const release = stuck.disk.stallSyncs()
  const waiting = stuck.probe.probe('/data')
  stuck.probe.close()
  expect(stuck.disk.openFiles).toBe(1)
  release()
  expect(await waiting).toBe(null)
  expect(stuck.disk.openFiles).toBe(0)
})
