import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FlushTrigger } from '../../src/log-probe.ts'
import { SILENT_LOG_PROBE } from '../../src/log-probe.ts'
import { append, newDisk, openLog, SMALL, TestClock } from '../helpers.ts'

type Step = 'append' | 'large' | 'request' | 'complete' | 'truncate'

const steps = fc.array(fc.constantFrom<Step>('append', 'large', 'request', 'complete', 'truncate'), { maxLength: 40 })

test('the age of what a power cut may take is that of the oldest write that is not durable, whatever happened', () => {
  fc.assert(
    fc.property(steps, all => {
      const disk = newDisk({ syncs: 'manual' })
      const clock = new TestClock()
      const { log } = openLog(disk, { clock })
      /** When each record was written, by its offset. */
      const writtenMs: number[] = []
      for (const step of all) {
        clock.nowMs += 10
        if (step === 'append' || step === 'large') {
          writtenMs.push(clock.nowMs)
          // A large one rolls the segment, which syncs it.
          append(log, step === 'large' ? { valueBytes: 1_500 } : {})
        } else if (step === 'request') log.requestSync()
        else if (step === 'complete') disk.completeSyncs(1)
        else if (log.logEndOffset > 0) {
          log.truncateTo(log.logEndOffset - 1)
          writtenMs.length = log.logEndOffset
        }
        const oldest = writtenMs.slice(log.durableEndOffset)[0] ?? -1
        expect(log.unsyncedSinceMs).toBe(oldest)
      }
    })
  )
})

test('a group commit says what asked for it first, and appends and reads how long they took', () => {
  const disk = newDisk({ syncs: 'manual' })
  const triggers: FlushTrigger[] = []
  const times: string[] = []
  const clock = new TestClock()
  const probe = {
    ...SILENT_LOG_PROBE,
    opened: (durationMs: number) => times.push(`opened ${durationMs}`),
    flushed: (_durationMs: number, trigger: FlushTrigger) => triggers.push(trigger),
    appended: (records: number, _bytes: number, durationMs: number) => times.push(`append ${records} ${durationMs}`),
    readBytes: (_bytes: number, durationMs: number) => times.push(`read ${durationMs}`)
  }
  const { log } = openLog(disk, { clock, probe, config: { ...SMALL, flushMs: 1_000 } })
  append(log)
  log.requestSync()
  append(log)
  clock.nowMs += 1_000
  log.flushIfDue()
  log.requestSync()
  disk.completeSyncs(1)
  disk.completeSyncs(1)
  expect(triggers).toEqual(['append', 'limit'])
  log.read({ fromOffset: 0, untilOffset: 2, bytesMax: 100, minOneBatch: true }).release()
  expect(times).toEqual(['opened 0', 'append 1 0', 'append 1 0', 'read 0'])
})
