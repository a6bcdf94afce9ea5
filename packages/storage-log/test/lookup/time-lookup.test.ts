import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeBatch, recompressed } from '../batches.ts'
import { append, CLIENT, newDisk, openLog } from '../helpers.ts'

interface Row {
  readonly offset: number
  readonly timestamp: number
}

function firstSince(rows: readonly Row[], timestamp: number): Row | null {
  return rows.find(row => row.timestamp >= timestamp) ?? null
}

function firstMax(rows: readonly Row[]): Row | null {
  const max = Math.max(...rows.map(row => row.timestamp))
  return rows.find(row => row.timestamp === max) ?? null
}

const batches = fc.array(
  fc.record({
    timestamps: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 5 }),
    codec: fc.constantFrom('none', 'gzip', 'zstd'),
    isAppendTime: fc.boolean()
  }),
  { minLength: 1, maxLength: 60 }
)

test('look-ups by time agree with a search through all records, before and after a restart and DeleteRecords', () => {
  fc.assert(
    fc.property(batches, fc.nat(300), (specs, deleted) => {
      const disk = newDisk()
      let { log } = openLog(disk)
      const all: Row[] = []
      for (const { timestamps, codec, isAppendTime } of specs) {
        const logAppendTimeMs = isAppendTime ? Math.max(...timestamps) : undefined
        const made = makeBatch({ timestamps, ...(logAppendTimeMs === undefined ? {} : { logAppendTimeMs }) })
        const { bytes, summary } = recompressed(made, codec)
        const { baseOffset } = log.append(bytes, 0, bytes.length, summary, CLIENT)
        timestamps.forEach((timestamp, i) =>
          all.push({ offset: baseOffset + i, timestamp: logAppendTimeMs ?? timestamp })
        )
      }
      const check = () => {
        const rows = all.filter(row => row.offset >= log.logStartOffset)
        for (let timestamp = -1; timestamp < 62; timestamp++) {
          expect(log.offsetForTimestamp(timestamp)?.offset).toEqual(firstSince(rows, timestamp)?.offset)
        }
        const max = log.offsetOfMaxTimestamp()
        expect(max && { offset: max.offset, timestamp: max.timestamp }).toEqual(
          rows.length === 0 ? null : firstMax(rows)
        )
      }
      check()
      log.closeClean()
      log = openLog(disk, { cleanStart: true }).log
      check()
      log.deleteRecordsBefore(deleted % (log.logEndOffset + 1))
      check()
    }),
    { numRuns: 150 }
  )
})

test('an empty log and one without timestamps have no answer', () => {
  const { log } = openLog(newDisk())
  expect([log.offsetForTimestamp(0), log.offsetOfMaxTimestamp()]).toEqual([null, null])
  append(log, { timestamps: [-1, -1] })
  expect([log.offsetForTimestamp(0), log.offsetOfMaxTimestamp()]).toEqual([null, null])
})

test('the answer names the leader epoch of its batch', () => {
  const { log } = openLog(newDisk())
  append(log, { timestamps: [10] }, { leaderEpoch: 1, origin: 'client' })
  append(log, { timestamps: [20] }, { leaderEpoch: 4, origin: 'client' })
  expect(log.offsetForTimestamp(11)).toEqual({ offset: 1, timestamp: 20, leaderEpoch: 4 })
})
