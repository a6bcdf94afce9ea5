import { readWhole } from '@streambus/base'
import { describe, expect, it, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { type IgnoredFile, type Log, LogDirectory, SILENT_LOG_PROBE, withChecksumLine } from '../../src/index.ts'
import { append, DIRECTORY, newDisk, openLog, readAll } from '../helpers.ts'

/** Ten records from which three are deleted, as a clean stop leaves them. */
function stopped({ isClean = true } = {}): MemoryDisk {
  const disk = newDisk()
  const directory = LogDirectory.open(disk, '/data')
  const { log } = openLog(disk)
  for (let i = 0; i < 10; i++) append(log)
  log.deleteRecordsBefore(3)
  log.closeClean()
  const { recoveryPoint, logStartOffset } = log
  directory.saveCheckpoints([{ topic: 'orders', partition: 0, recoveryPoint, logStartOffset }])
  directory.saveFirstDirtyOffset('orders', 0, 2)
  if (isClean) directory.markClean(7)
  directory.release()
  return disk
}

function start(disk: MemoryDisk): { log: Log; directory: LogDirectory; ignored: IgnoredFile[] } {
  const directory = LogDirectory.open(disk, '/data')
  const ignored = [...directory.ignored]
  const { log } = openLog(disk, {
    cleanStart: directory.cleanStart,
    ...directory.checkpointOf('orders', 0),
    probe: { ...SILENT_LOG_PROBE, fileIgnored: file => ignored.push(file) }
  })
  return { log, directory, ignored }
}

function put(disk: MemoryDisk, path: string, text: string): void {
  const file = disk.open(path, { create: true })
  file.truncate(0)
  file.write([Buffer.from(text)], 0)
  file.close()
}

const FILES = [
  '/data/recovery-point-offset-checkpoint',
  '/data/log-start-offset-checkpoint',
  '/data/cleaner-offset-checkpoint',
  '/data/.kafka_cleanshutdown',
  `${DIRECTORY}/log-start-offset`,
  `${DIRECTORY}/leader-epoch-checkpoint`
]

describe.each([true, false])('one flipped bit after a stop (clean: %j)', isClean => {
  it.each(isClean ? FILES : FILES.filter(path => !path.includes('clean')))('in %s is named and loses nothing', path => {
    const bits = readWhole(stopped({ isClean }), path).length * 8
    for (let bit = 0; bit < bits; bit++) {
      const disk = stopped({ isClean })
      disk.flipBit(path, bit >> 3, bit & 7)
      const { log, directory, ignored } = start(disk)
      expect(ignored.map(each => each.path)).toEqual([path])
      expect([log.logStartOffset, log.logEndOffset, log.latestEpoch]).toEqual([3, 10, 0])
      expect([-1, 2]).toContain(directory.firstDirtyOffsetOf('orders', 0))
      expect(readAll(log).length).toBeGreaterThan(0)
    }
  })
})

test('what was damaged is written again where it can be: the next start is silent', () => {
  for (const name of ['log-start-offset', 'leader-epoch-checkpoint']) {
    const disk = stopped()
    disk.flipBit(`${DIRECTORY}/${name}`, 4, 0)
    const first = start(disk)
    expect(first.ignored.length).toBe(1)
    first.log.closeClean()
    first.directory.release()
    const { log, ignored } = start(disk)
    expect([log.logStartOffset, log.latestEpoch, ignored]).toEqual([3, 0, []])
  }
})

test('a file from before there were checksums is not believed, and it is said why', () => {
  const disk = stopped()
  put(disk, `${DIRECTORY}/log-start-offset`, '0\n1\n9\n')
  const { log, ignored } = start(disk)
  expect(log.logStartOffset).toBe(3)
  expect(ignored).toMatchObject([{ problem: expect.stringContaining('does not end with a line "# crc32c') }])
})

test('both log starts damaged: nothing is deleted, and it is said twice', () => {
  const disk = stopped()
  for (const path of [`${DIRECTORY}/log-start-offset`, '/data/log-start-offset-checkpoint']) disk.flipBit(path, 4, 1)
  const { log, ignored } = start(disk)
  expect([log.logStartOffset, log.logEndOffset]).toEqual([0, 10])
  expect(ignored.map(each => each.path)).toEqual(['/data/log-start-offset-checkpoint', `${DIRECTORY}/log-start-offset`])
})

test('a checkpoint that starts the log beyond its end deletes nothing; the file of the log itself does', () => {
  const disk = stopped()
  put(disk, '/data/log-start-offset-checkpoint', withChecksumLine('0\n1\norders 0 4000\n'))
  disk.unlink(`${DIRECTORY}/log-start-offset`)
  const { log, directory, ignored } = start(disk)
  expect([log.logStartOffset, log.logEndOffset]).toEqual([0, 10])
  expect(ignored).toMatchObject([{ path: `${DIRECTORY}/log-start-offset`, problem: expect.stringContaining('4000') }])
  log.closeClean()
  directory.release()
  put(disk, `${DIRECTORY}/log-start-offset`, withChecksumLine('0\n1\n4000\n'))
  const { log: again } = start(disk)
  expect([again.logStartOffset, again.logEndOffset]).toEqual([4000, 4000])
})
