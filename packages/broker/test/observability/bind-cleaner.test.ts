import { createBrokerMetrics } from '@streambus/metrics'
import { expect, test } from 'vitest'
import { bindCleaner } from '../../src/observability/bind-cleaner.ts'
import { capturedLog } from './captured-log.ts'
import { ManualClock } from './manual-clock.ts'

const STATS = {
  mapBytesRead: 100,
  keys: 3,
  isMapFull: false,
  bytesRead: 900,
  bytesWritten: 400,
  recordsRead: 20,
  recordsKept: 8,
  keylessDropped: 1,
  tombstonesDropped: 2,
  abortedDropped: 3,
  markersDropped: 1,
  durationMs: 250
}

function setup() {
  const metrics = createBrokerMetrics()
  const clock = new ManualClock()
  const { log, lines } = capturedLog()
  return { cells: metrics.cells, clock, lines, probe: bindCleaner(metrics, log, clock) }
}

test('what a round has removed is told by reason, and adds up to what it has read and not kept', () => {
  const { cells, clock, probe } = setup()
  const startedAt = cells.compactionLastSuccess.value
  expect(startedAt).toBe(clock.wallMs() / 1000)
  clock.advance(5_000)
  probe.started()
  expect(cells.compactionInProgress.value).toBe(1)
  probe.compacted({ topic: 't', index: 0 }, STATS, 500)
  probe.ended()
  expect(cells.compactionInProgress.value).toBe(0)
  const removed = Object.fromEntries(
    [...cells.compactionRecordsRemoved.children()].map(({ labels, cell }) => [labels['reason'], cell.value])
  )
  expect(removed).toEqual({ superseded: 5, tombstone: 2, aborted: 3, marker: 1, keyless: 1 })
  const bytes = ['read', 'written', 'reclaimed'].map(stage => cells.compactionBytes.child(stage).value)
  expect(bytes).toEqual([1_000, 400, 500])
  expect([cells.compactions.value, cells.compactionDuration.sum]).toEqual([1, 0.25])
  expect(cells.compactionLastSuccess.value).toBe(startedAt + 5)
})

test('failures count, and do not look like success; what is due is told between rounds', () => {
  const { cells, clock, lines, probe } = setup()
  const startedAt = cells.compactionLastSuccess.value
  clock.advance(1_000)
  probe.failed({ topic: 't', index: 0 }, new Error('EIO'), true)
  probe.uncleanable(1)
  probe.looked({ maxDirtyRatio: 0.75, backlogBytes: 4_096 })
  expect([cells.compactionFailures.value, cells.compactionUncleanable.value]).toEqual([1, 1])
  expect([cells.compactionMaxDirtyRatio.value, cells.compactionBacklog.value]).toEqual([0.75, 4_096])
  expect(cells.compactionLastSuccess.value).toBe(startedAt)
  expect(lines.map(({ fields }) => fields['event'])).toEqual(['compaction_failed'])
})
