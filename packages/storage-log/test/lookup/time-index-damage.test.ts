import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import type { Log } from '../../src/index.ts'
import { append, DIRECTORY, newDisk, openLog, SMALL, TestClock } from '../helpers.ts'

const START_MS = 1_700_000_000_000
const PATH = `${DIRECTORY}/00000000000000000000.timeindex`
/** Times go up, stand still and fall back: an entry that is moved may meet a batch with its own timestamp. */
const TIMES = [0, 1, 2, 1000, 5000, 3, 1000, 4, 1000, 5000, 5001, 1000, 6000, 5, 6000, 9000]

function write(disk: MemoryDisk): Log {
  const config = { ...SMALL, segmentBytes: 1_000_000, segmentMs: 1_000_000_000, indexIntervalBytes: 0 }
  const { log } = openLog(disk, { config, clock: new TestClock() })
  for (const time of TIMES) append(log, { timestamps: [START_MS + time] })
  return log
}

function offsets(log: Log): (number | undefined)[] {
  return TIMES.flatMap(time => [time - 1, time, time + 1]).map(time => log.offsetForTimestamp(START_MS + time)?.offset)
}

const wanted = TIMES.flatMap(time => [time - 1, time, time + 1]).map(time => {
  const index = TIMES.findIndex(each => each >= time)
  return index < 0 ? undefined : index
})

test.each(['active', 'ended'])('no bit of a time index changes an answer of an %s segment', which => {
  const whole = newDisk()
  const log = write(whole)
  expect(offsets(log)).toEqual(wanted)
  if (which === 'ended') log.maybeRoll(Number.MAX_SAFE_INTEGER)
  log.closeClean()
  const file = whole.open(PATH, { readOnly: true })
  const bits = file.sizeBytes() * 8
  file.close()
  expect(bits).toBeGreaterThan(5 * 96)
  for (let bit = 0; bit < bits; bit++) {
    const disk = newDisk()
    const again = write(disk)
    if (which === 'ended') again.maybeRoll(Number.MAX_SAFE_INTEGER)
    again.closeClean()
    disk.flipBit(PATH, bit >> 3, bit & 7)
    const { log: damaged } = openLog(disk, { cleanStart: true, recoveryPoint: TIMES.length })
    expect(offsets(damaged), `bit ${bit}`).toEqual(wanted)
  }
})
