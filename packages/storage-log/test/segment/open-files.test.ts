import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Log, OpenFiles } from '../../src/index.ts'
import type { OpenFile } from '../../src/segment/open-files.ts'
import { append, newDisk, openLog, readAll, settle } from '../helpers.ts'

class Held implements OpenFile {
  newer: OpenFile | null = null
  older: OpenFile | null = null
  isOpen = false
  readonly #files: OpenFiles
  readonly #isClean: () => boolean

  constructor(files: OpenFiles, isClean: () => boolean) {
    this.#files = files
    this.#isClean = isClean
  }

  use(): void {
    if (this.isOpen) return this.#files.used(this)
    this.isOpen = true
    this.#files.opened(this)
  }

  tryEvict(): boolean {
    if (!this.#isClean()) return false
    this.close()
    return true
  }

  close(): void {
    this.isOpen = false
    this.#files.closed(this)
  }
}

test('the least recently used files are closed, and only as many as are too many', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9), { maxLength: 60 }), (max, uses) => {
      const files = new OpenFiles(max)
      const all = Array.from({ length: 10 }, () => new Held(files, () => true))
      let order: number[] = []
      for (const use of uses) {
        all[use]?.use()
        order = [use, ...order.filter(each => each !== use)].slice(0, max)
        expect(all.flatMap((file, i) => (file.isOpen ? [i] : []))).toEqual([...order].sort((a, b) => a - b))
        expect(files.count).toBe(order.length)
      }
    })
  )
})

test('a file that cannot be closed is passed over, and the limit gives way', () => {
  const files = new OpenFiles(2)
  const busy = new Held(files, () => false)
  const free = new Held(files, () => true)
  const third = new Held(files, () => true)
  busy.use()
  free.use()
  third.use()
  expect([busy.isOpen, free.isOpen, third.isOpen]).toEqual([true, false, true])
  const alsoBusy = Array.from({ length: 3 }, () => new Held(files, () => false))
  for (const file of alsoBusy) file.use()
  expect(files.count).toBe(4)
})

test('many logs share few descriptors and lose nothing by it', async () => {
  const disk = newDisk()
  const openFiles = new OpenFiles(8)
  const logs: Log[] = []
  for (let i = 0; i < 40; i++) logs.push(openLog(disk, { openFiles, directory: `/data/many-${i}` }).log)
  expect(disk.openFiles).toBe(8)
  for (let round = 0; round < 30; round++) {
    for (const log of logs) {
      append(log, { valueBytes: 100, tag: round })
      log.requestSync()
      await settle()
    }
    expect(disk.openFiles).toBeLessThanOrEqual(9)
  }
  for (const log of logs) {
    expect([log.durableEndOffset, log.segmentCount]).toEqual([30, 3])
    expect(readAll(log).length).toBe(log.sizeBytes)
  }
})

test('a handle with unsynced writes stays open until a sync has covered them', async () => {
  const disk = newDisk({ syncs: 'manual' })
  const openFiles = new OpenFiles(1)
  const first = openLog(disk, { openFiles, directory: '/data/first-0' }).log
  append(first)
  const second = openLog(disk, { openFiles, directory: '/data/second-0' }).log
  expect([disk.openFiles, disk.pendingSyncs]).toEqual([2, 1])
  disk.completeSyncs()
  await settle()
  readAll(second)
  append(second)
  openLog(disk, { openFiles, directory: '/data/third-0' })
  expect(first.durableEndOffset).toBe(1)
  expect(disk.openFiles).toBe(2)
})
