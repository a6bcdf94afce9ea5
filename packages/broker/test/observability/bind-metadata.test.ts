import { createBrokerMetrics } from '@streambus/metrics'
import { SILENT_LOG_PROBE } from '@streambus/storage-log'
import { ManualClock as VirtualClock } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { bindLogState } from '../../src/observability/bind-log-state.ts'
import { bindMetadata, bindMetadataLog } from '../../src/observability/bind-metadata.ts'
import { bindReplicas } from '../../src/observability/bind-replicas.ts'
import { countReplicas } from '../../src/replica-counts.ts'
import { FakeBrokerView } from './fake-broker-view.ts'

test('how far the metadata has come: written, committed, applied', () => {
  const metrics = createBrokerMetrics()
  const { cells } = metrics
  const view = new FakeBrokerView()
  view.currentCluster = {
    ...view.currentCluster,
    brokers: [1, 2, 3].map(id => ({ id, host: 'h', port: 1, rack: null, isFenced: id === 3 }))
  }
  const probe = bindMetadata(metrics, view)
  metrics.collect()
  expect([cells.brokers.child('active').value, cells.brokers.child('fenced').value]).toEqual([2, 1])
  expect([cells.metadataOffset.value, cells.metadataLagRecords.value]).toEqual([40, 1])
  expect(cells.metadataLagSeconds.value).toBe(0.25)
  expect(cells.raftUncommitted.child('metadata').value).toBe(2)
  expect(cells.raftState.child('metadata', 'leader').value).toBe(1)
  expect(cells.raftState.child('metadata', 'follower').value).toBe(0)
  expect([cells.raftUnapplied.child('metadata').value, cells.raftProposalsPending.child('metadata').value]).toEqual([
    1, 1
  ])
  expect(cells.raftLogEntries.child('metadata').value).toBe(44)
  probe.committed(12)
  probe.applied(3)
  probe.failed()
  expect(cells.raftCommit.child('metadata').sum).toBeCloseTo(0.012)
  expect(cells.raftApply.child('metadata').sum).toBeCloseTo(0.003)
  expect(cells.raftProposals.child('metadata', 'committed').value).toBe(1)
  expect([cells.metadataErrors.value, cells.raftProposals.child('metadata', 'failed').value]).toEqual([1, 1])
})

test('commands of the controller are in its queue, then in hand, each by what it is', () => {
  const metrics = createBrokerMetrics()
  const { controllerQueueSize, controllerEventQueue, controllerEventProcessing } = metrics.cells
  const probe = bindMetadata(metrics, new FakeBrokerView())
  probe.queued()
  probe.queued()
  expect(controllerQueueSize.value).toBe(2)
  probe.began('create_topics', 40)
  probe.ended('create_topics', 10)
  expect(controllerQueueSize.value).toBe(1)
  expect(controllerEventQueue.child('create_topics').sum).toBe(0.04)
  expect(controllerEventProcessing.child('create_topics').sum).toBe(0.01)
  expect([controllerEventQueue.size, controllerEventProcessing.size]).toEqual([7, 7])
})

test('the log of the metadata counts as a log, and as that of the quorum', () => {
  const metrics = createBrokerMetrics()
  const heard: string[] = []
  const probe = bindMetadataLog(metrics, {
    ...SILENT_LOG_PROBE,
    appended: records => void heard.push(`appended ${records}`),
    flushed: (_ms, trigger) => void heard.push(`flushed for ${trigger}`)
  })
  probe.appended(3, 100, 2)
  probe.flushed(5, 'append')
  expect(heard).toEqual(['appended 3', 'flushed for append'])
  expect(metrics.cells.raftAppend.child('metadata').sum).toBeCloseTo(0.002)
  expect(metrics.cells.raftFsync.child('metadata').sum).toBeCloseTo(0.005)
})

test('replicas are judged by the metadata and by what their topic asks for', () => {
  const partition = { index: 0, leaderEpoch: 0, leader: 1, replicas: [1, 2, 3], isr: [1, 2, 3] }
  const topics = [
    { name: 'whole', partitions: [partition] },
    { name: 'single', partitions: [{ ...partition, replicas: [1], isr: [1] }] },
    { name: 'behind', partitions: [{ ...partition, isr: [1, 2] }] },
    { name: 'lost', partitions: [{ ...partition, isr: [1] }] },
    { name: 'elsewhere', partitions: [{ ...partition, leader: 2, isr: [2] }] },
    { name: 'taken over', partitions: [{ ...partition, replicas: [2, 1], isr: [1, 2] }] },
    { name: 'offline', partitions: [partition] }
  ]
  const minInsyncReplicas = (name: string): number => (name === 'single' ? 1 : 2)
  const partitions = {
    find: (name: string) =>
      name === 'offline' ? undefined : { settings: { minInsyncReplicas: minInsyncReplicas(name) } }
  }
  const counts = countReplicas(topics as never, partitions as never, 1)
  expect(counts).toEqual({ led: 5, underReplicated: 2, underMinIsr: 1, atMinIsr: 2, preferred: 6, preferredLed: 5 })
  const metrics = createBrokerMetrics()
  const view = new FakeBrokerView()
  view.currentReplicas = counts
  view.currentOffline = [{ topic: 'x', index: 0 }]
  bindReplicas(metrics, view)
  metrics.collect()
  const { underReplicated, underMinIsr, atMinIsr, offlineReplicas, preferredLeaderImbalance } = metrics.cells
  expect([underReplicated.value, underMinIsr.value, atMinIsr.value, offlineReplicas.value]).toEqual([2, 1, 2, 1])
  expect(preferredLeaderImbalance.value).toBeCloseTo(1 / 6)
})

test('what a power cut may take is told by the record and by the age of the oldest', () => {
  const metrics = createBrokerMetrics()
  const clock = new VirtualClock()
  clock.advance(5_000)
  const log = { logEndOffset: 10, durableEndOffset: 10, unsyncedSinceMs: -1, producerCount: 2 }
  let logs = [
    log,
    { ...log, logEndOffset: 14, unsyncedSinceMs: 4_000 },
    { ...log, logEndOffset: 11, unsyncedSinceMs: 4_500 }
  ]
  bindLogState(metrics, { logs: () => logs, openFiles: () => 7 }, clock)
  metrics.collect()
  const { unflushedMessages, unflushedOldest, producerIds, openSegmentFiles } = metrics.cells
  expect([unflushedMessages.value, unflushedOldest.value]).toEqual([5, 1])
  expect([producerIds.value, openSegmentFiles.value]).toEqual([6, 7])
  logs = [log]
  metrics.collect()
  expect([unflushedMessages.value, unflushedOldest.value]).toEqual([0, 0])
})
