import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logFileName } from '../../src/file-names.ts'
import { planRecovery, type RecoveryInput } from '../../src/recovery/recovery-plan.ts'

function plan(input: Partial<RecoveryInput>): ReturnType<typeof planRecovery> {
  return planRecovery({ names: [], cleanStart: false, recoveryPoint: 0, logStartOffset: 0, ...input })
}

const LOGS = [0, 100, 200].map(base => logFileName(base, 'log'))

test.each<[string, Partial<RecoveryInput>, Partial<ReturnType<typeof planRecovery>>]>([
  ['an empty directory', {}, { activeMode: 'create', segments: [], deletions: [] }],
  ['a clean stop', { names: LOGS, cleanStart: true }, { activeMode: 'trust', segments: [0, 100, 200] }],
  ['an unclean stop scans the last segment', { names: LOGS }, { activeMode: 'scan', recoveryPoint: 200 }],
  ['and compares CRCs from the recovery point', { names: LOGS, recoveryPoint: 250 }, { recoveryPoint: 250 }],
  [
    'segments below the log start go',
    { names: LOGS, logStartOffset: 150 },
    { segments: [100, 200], deletions: [LOGS[0] ?? ''] }
  ],
  ['the last segment stays', { names: LOGS, logStartOffset: 900 }, { segments: [200] }],
  ['a segment that starts at the log start stays', { names: LOGS, logStartOffset: 100 }, { segments: [100, 200] }],
  ['a quarantined file shuts the log', { names: [`${LOGS[0]}.corrupt`] }, { quarantined: `${LOGS[0]}.corrupt` }],
  ['snapshots, newest first', { names: [7, 30].map(at => logFileName(at, 'snapshot')) }, { snapshots: [30, 7] }],
  ['unknown files are left alone', { names: ['partition.metadata', 'notes.txt'] }, { deletions: [], segments: [] }]
])('%s', (_, input, expected) => {
  expect(plan(input)).toMatchObject(expected)
})

test('never deletes a segment that holds an offset at or above the log start, and keeps every index of a kept segment', () => {
  const bases = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(bases, fc.nat(1200), (list, logStartOffset) => {
      const sorted = list.toSorted((a, b) => a - b)
      const names = list.flatMap(base => (['log', 'index', 'timeindex'] as const).map(kind => logFileName(base, kind)))
      const { segments, deletions } = plan({ names, logStartOffset })
      expect(segments).toEqual(
        sorted.filter((_, i) => i === sorted.length - 1 || (sorted[i + 1] ?? 0) > logStartOffset)
      )
      for (const name of names) {
        const isKept = segments.some(base => name.startsWith(logFileName(base, 'log').slice(0, 20)))
        expect(deletions.includes(name)).toBe(!isKept)
      }
    })
  )
})
