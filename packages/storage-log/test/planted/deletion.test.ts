import { expect, test } from 'vitest'
import { append, DIRECTORY, newDisk, openLog, SMALL, settle } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

const NOW_MS = 10_000

test('planted: a prefix is deleted before the log start is persisted', async () => {
  const disk = newDisk()
  const { log } = openLog(disk, { config: { ...SMALL, retentionMs: 0 } })
  for (let i = 0; i < 30; i++) append(log, { valueBytes: 300 })
  log.requestSync()
  await settle()
  const before = disk.list(DIRECTORY)
  disk.failAlways('write', { code: 'EIO', path: 'log-start-offset' })
  expect(() => log.applyRetention(NOW_MS)).toThrow(/EIO/)
  expect(disk.list(DIRECTORY).filter(({ name }) => !name.endsWith('.tmp'))).toEqual(before)
})

test('planted: retention deletes at or above the high watermark', () => {
  const { log } = openLog(newDisk(), { config: { ...SMALL, retentionMs: 0 } })
  for (let i = 0; i < 30; i++) append(log, { valueBytes: 300 })
  expect(log.applyRetention(NOW_MS, 0)).toBe(0)
  expect(log.applyRetention(NOW_MS, 20)).toBeGreaterThan(0)
  expect(log.logStartOffset).toBeLessThanOrEqual(20)
})
