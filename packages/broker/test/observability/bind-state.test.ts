import { createBrokerMetrics } from '@streambus/metrics'
import { describe, expect, it } from 'vitest'
import { bindState } from '../../src/observability/bind-state.ts'
import { directory, FakeBrokerView } from './fake-broker-view.ts'
import { ManualClock } from './manual-clock.ts'

function setup() {
  const metrics = createBrokerMetrics()
  const view = new FakeBrokerView()
  const clock = new ManualClock()
  bindState(metrics, view, clock)
  metrics.collect()
  return { metrics, view, clock, cells: metrics.cells }
}

describe('bindState', () => {
  it('serves the state as the guide’s number and as a state set', () => {
    const { metrics, view, cells } = setup()
    const numbers = (['stopped', 'starting', 'running', 'stopping'] as const).map(status => {
      view.currentStatus = status
      metrics.collect()
      expect(cells.brokerState.child(status).value).toBe(1)
      const total = [...cells.brokerState.children()].reduce((sum, { cell }) => sum + cell.value, 0)
      expect(total).toBe(1)
      return [cells.brokerStatus.value, cells.shutdownInProgress.value]
    })
    expect(numbers).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 1]
    ])
  })

  it('computes uptime at each scrape', () => {
    const { metrics, clock, cells } = setup()
    expect(cells.brokerUptime.value).toBe(60)
    clock.advance(2_500)
    metrics.collect()
    expect(cells.brokerUptime.value).toBe(62.5)
  })

  it('gives seed gauges and their twins one value', () => {
    const { metrics, view, cells } = setup()
    view.currentCounts = {
      topics: 3,
      partitions: 12,
      replicas: 36,
      segments: 20,
      pendingRequests: 5,
      pendingDeletion: { topics: 1, replicas: 4 }
    }
    metrics.collect()
    expect([
      cells.topicsTotal.value,
      cells.partitionsTotal.value,
      cells.replicasTotal.value,
      cells.segmentsTotal.value
    ]).toEqual([cells.topics.value, cells.partitions.value, cells.replicas.value, cells.segments.value])
    expect(cells.replicas.value).toBe(36)
    expect(cells.brokerActiveRequests.value).toBe(5)
    expect([cells.topicsPendingDeletion.value, cells.replicasPendingDeletion.value]).toEqual([1, 4])
    expect(cells.buildInfo.child('0.1.0', '0f884cc7', process.version, 'test').value).toBe(1)
  })

  it('counts partitions that are offline', () => {
    const { metrics, view, cells } = setup()
    expect(cells.offlinePartitions.value).toBe(0)
    view.currentOffline = [
      { topic: 'a', index: 0 },
      { topic: 'b', index: 3 }
    ]
    metrics.collect()
    expect(cells.offlinePartitions.value).toBe(2)
  })

  it('counts a filesystem that two log directories share once', () => {
    const { metrics, view, cells } = setup()
    const other = { device: 'disk-2', totalBytes: 500, availableBytes: 50, inodes: { total: 10, free: 4 } }
    view.currentDirectories = [
      directory({ path: '/a', usedBytes: 10 }),
      directory({ path: '/b', usedBytes: 20 }),
      directory({ path: '/c', usedBytes: 5, space: other, error: 'EIO' }),
      directory({ path: '/d', usedBytes: 1, space: null })
    ]
    metrics.collect()
    expect(cells.storageUsed.value).toBe(36)
    expect(cells.storageAvailable.value).toBe(650)
    expect(cells.logDirectoryFree.child('/b').value).toBe(600)
    expect(cells.logDirectoryOffline.child('/c').value).toBe(1)
    expect([...cells.logDirectoryFreeInodes.children()].map(({ cell }) => cell.value)).toEqual([4])
    expect(cells.logDirectoryInodes.child('/c').value).toBe(10)
  })

  it('follows the cluster: size, leadership, term and index, and one info line although the id is learned late', () => {
    const { metrics, view, cells } = setup()
    expect([
      cells.clusterSize.value,
      cells.clusterLeader.value,
      cells.raftTerm.value,
      cells.raftCommitIndex.value
    ]).toEqual([1, 1, 3, 41])
    view.currentCluster = { ...view.currentCluster, clusterId: 'cluster-b', controllerId: 2 }
    metrics.collect()
    expect([cells.clusterLeader.value, cells.activeController.value]).toEqual([0, 0])
    expect([...cells.brokerInfo.children()].map(({ labels }) => labels['cluster_id'])).toEqual(['cluster-b'])
  })
})
