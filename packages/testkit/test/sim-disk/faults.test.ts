import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../../src/memory-disk.ts'

function fileOn(disk: MemoryDisk, content = ''): ReturnType<MemoryDisk['open']> {
  const file = disk.open('/f', { create: true })
  disk.syncDirectory('/')
  file.write([Buffer.from(content)], 0)
  file.syncNow()
  return file
}

function text(disk: MemoryDisk): string {
  return readWhole(disk, '/f').toString('latin1')
}

test('a bad range fails every access that touches it, and no other, over restarts until it is repaired', () => {
  const disk = new MemoryDisk()
  fileOn(disk, 'abcdefgh')
  const repair = disk.failAlways('read', { code: 'EIO', path: '/f', range: { from: 4, until: 6 } })
  disk.crash()
  const file = disk.open('/f')
  const target = Buffer.alloc(4)
  for (const position of [1, 2, 5, 2]) expect(() => file.read(target, position)).toThrow(/EIO/)
  expect([file.read(target, 0), file.read(target, 6)]).toEqual([4, 2])
  repair()
  expect(file.read(target, 2)).toBe(4)
})

test('a write into a bad range leaves what lies before it', () => {
  const disk = new MemoryDisk()
  const file = fileOn(disk, '........')
  disk.failAlways('write', { code: 'EIO', range: { from: 4, until: 6 } })
  expect(() => file.write([Buffer.from('ABC'), Buffer.from('DEF')], 2)).toThrow(/EIO/)
  expect(text(disk)).toBe('..AB....')
})

test('a fault without a range, once: the next access works', () => {
  const disk = new MemoryDisk()
  const file = fileOn(disk, 'x')
  disk.failNext('read', { code: 'EIO' })
  expect(() => file.read(Buffer.alloc(1), 0)).toThrow(/EIO/)
  expect(file.read(Buffer.alloc(1), 0)).toBe(1)
})

test('a lying sync says OK, of files and directories, and a power cut shows that nothing was written', async () => {
  const disk = new MemoryDisk()
  const file = fileOn(disk, 'old')
  const stop = disk.lieAboutSyncs()
  file.write([Buffer.from('new')], 0)
  file.syncNow()
  const errors: unknown[] = []
  file.sync(error => errors.push(error))
  await Promise.resolve()
  disk.rename('/f', '/g')
  disk.syncDirectory('/')
  expect(errors).toEqual([null])
  disk.crash()
  expect([text(disk), disk.exists('/g')]).toEqual(['old', false])
  stop()
  const honest = disk.open('/f')
  honest.write([Buffer.from('new')], 0)
  honest.syncNow()
  disk.crash()
  expect(text(disk)).toBe('new')
})

test('pages that a failed sync marks clean read as new, pass the next sync and are old after a power cut', () => {
  const disk = new MemoryDisk()
  const file = fileOn(disk, 'old')
  file.write([Buffer.from('new')], 0)
  disk.failNext('sync', { code: 'EIO', marksClean: true })
  expect(() => file.syncNow()).toThrow(/EIO/)
  expect(text(disk)).toBe('new')
  file.syncNow()
  disk.crash()
  expect(text(disk)).toBe('old')
})

test('writing the same bytes again brings pages to the device that a failed sync had marked clean', () => {
  const disk = new MemoryDisk()
  const file = fileOn(disk, 'old')
  file.write([Buffer.from('new')], 0)
  disk.failNext('sync', { code: 'EIO', marksClean: true })
  expect(() => file.syncNow()).toThrow(/EIO/)
  file.write([Buffer.from('n')], 0)
  file.syncNow()
  disk.crash()
  // The device takes sectors, so the rest of the sector comes along.
  expect(text(disk)).toBe('new')
})

test('a failed sync that does not mark pages clean leaves them to the next one', () => {
  const disk = new MemoryDisk()
  const file = fileOn(disk, 'old')
  file.write([Buffer.from('new')], 0)
  disk.failNext('sync', { code: 'EIO' })
  expect(() => file.syncNow()).toThrow(/EIO/)
  file.syncNow()
  disk.crash()
  expect(text(disk)).toBe('new')
})

test('a flipped bit is there before and after a power cut', () => {
  const disk = new MemoryDisk()
  fileOn(disk, 'aa')
  disk.flipBit('/f', 1, 1)
  expect(text(disk)).toBe('ac')
  disk.crash()
  expect(text(disk)).toBe('ac')
  expect(() => disk.flipBit('/none', 0, 0)).toThrow(/ENOENT/)
})

test('a stalled sync ends when it is told to, and not when the process has died meanwhile', async () => {
  const disk = new MemoryDisk()
  const file = fileOn(disk, 'old')
  const ended: string[] = []
  const release = disk.stallSyncs('/f')
  file.write([Buffer.from('new')], 0)
  file.sync(() => ended.push('first'))
  await Promise.resolve()
  expect(ended).toEqual([])
  release()
  expect(ended).toEqual(['first'])
  const releaseAgain = disk.stallSyncs()
  file.sync(() => ended.push('second'))
  disk.kill()
  releaseAgain()
  expect(ended).toEqual(['first'])
})

test('no byte lies before the first one', () => {
  const file = fileOn(new MemoryDisk(), 'x')
  for (const position of [-1, 0.5, Number.NaN]) {
    expect(() => file.read(Buffer.alloc(1), position)).toThrow(/EINVAL/)
    expect(() => file.write([Buffer.alloc(1)], position)).toThrow(/EINVAL/)
    expect(() => file.truncate(position)).toThrow(/EINVAL/)
  }
})
