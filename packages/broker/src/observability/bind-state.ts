import type { Clock } from '@streambus/base'
import type { BrokerMetrics, Cells } from '@streambus/metrics'
import type { BrokerStatus, BrokerView, LogDirectoryView } from './broker-view.ts'

/** The guide's numbers for the states. */
const STATUS_NUMBERS: Record<BrokerStatus, number> = { stopped: 0, starting: 1, running: 2, stopping: 3 }

/** Sets, before each scrape, what is computed rather than counted. */
export function bindState(metrics: BrokerMetrics, view: BrokerView, clock: Clock): void {
  metrics.beforeCollect(() => view.measureFiles())
  metrics.beforeRender(() => {
    const { cells } = metrics
    collectLifecycle(cells, view, clock)
    collectCounts(cells, view)
    cells.offlinePartitions.set(view.offlinePartitions().length)
    collectCluster(cells, view)
    collectStorage(cells, view.logDirectories())
    for (const { name, connectionsMax } of view.listeners()) cells.connectionsLimit.child(name).set(connectionsMax)
  })
}

function collectLifecycle(cells: Cells, view: BrokerView, clock: Clock): void {
  const status = view.status()
  cells.brokerUptime.set(Math.max(0, clock.monotonicMs() - view.startedMonotonicMs) / 1000)
  cells.startTimestamp.set(view.startedWallMs / 1000)
  cells.brokerStatus.set(STATUS_NUMBERS[status])
  for (const state of Object.keys(STATUS_NUMBERS)) cells.brokerState.child(state).set(state === status ? 1 : 0)
  cells.shutdownInProgress.set(status === 'stopping' ? 1 : 0)
  cells.buildInfo.child(view.version, view.revision, process.version, view.environment).set(1)
}

function collectCounts(cells: Cells, view: BrokerView): void {
  const { topics, partitions, replicas, segments, pendingRequests, pendingDeletion } = view.counts()
  cells.topicsPendingDeletion.set(pendingDeletion.topics)
  cells.replicasPendingDeletion.set(pendingDeletion.replicas)
  cells.topics.set(topics)
  cells.topicsTotal.set(topics)
  cells.partitions.set(partitions)
  cells.partitionsTotal.set(partitions)
  cells.replicas.set(replicas)
  cells.replicasTotal.set(replicas)
  cells.segments.set(segments)
  cells.segmentsTotal.set(segments)
  cells.brokerActiveRequests.set(pendingRequests)
}

function collectCluster(cells: Cells, view: BrokerView): void {
  const { brokers, clusterId, controllerId, term, commitIndex } = view.cluster()
  const isLeader = controllerId === view.brokerId ? 1 : 0
  cells.clusterSize.set(brokers.length)
  cells.clusterLeader.set(isLeader)
  cells.activeController.set(isLeader)
  cells.raftTerm.set(term)
  cells.raftCommitIndex.set(commitIndex)
  // The cluster id is learned during the start: the line before that must not stay.
  cells.brokerInfo.clear()
  cells.brokerInfo.child(String(view.brokerId), clusterId, view.rack ?? '', view.roles).set(1)
}

function collectStorage(cells: Cells, directories: readonly LogDirectoryView[]): void {
  let usedBytes = 0
  const availableByDevice = new Map<string, number>()
  for (const { path, usedBytes: used, space, error } of directories) {
    usedBytes += used
    cells.logDirectoryUsed.child(path).set(used)
    cells.logDirectoryOffline.child(path).set(error === null ? 0 : 1)
    if (space === null) continue
    availableByDevice.set(space.device, space.availableBytes)
    cells.logDirectoryTotal.child(path).set(space.totalBytes)
    cells.logDirectoryFree.child(path).set(space.availableBytes)
    if (space.inodes === null) continue
    cells.logDirectoryInodes.child(path).set(space.inodes.total)
    cells.logDirectoryFreeInodes.child(path).set(space.inodes.free)
  }
  let availableBytes = 0
  for (const bytes of availableByDevice.values()) availableBytes += bytes
  cells.storageUsed.set(usedBytes)
  cells.storageAvailable.set(availableBytes)
}
