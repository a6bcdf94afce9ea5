import type { MetricKey } from '@streambus/metrics'

/** Tests, below `packages/`, that move what an ordinary scenario does not: errors, short waits, other brokers. */
const BY_TEST: Readonly<Record<string, readonly MetricKey[]>> = {
  'broker/test/observability/bind-state.test.ts': [
    'offlinePartitions',
    'shutdownInProgress',
    'topicsPendingDeletion',
    'replicasPendingDeletion',
    'logDirectoryInodes',
    'logDirectoryFreeInodes',
    'logDirectoryOffline'
  ],
  'metrics/test/broker-metrics.test.ts': ['metricsSeriesDropped'],
  'broker/test/observability/bind-requests.test.ts': ['requestFailures'],
  'broker/test/observability/bind-probes.test.ts': [
    'connectionsRejected',
    'recoveryCutBytes',
    'recoveryTailsKept',
    'indexRebuilds',
    'rangesOffline',
    'logCorruptions',
    'logDirectoryStalls',
    'logDirectorySyncRunning',
    'logDirectorySpaceLow',
    'logDirectoryRefusing',
    'retentionClockSteps',
    'retentionClockBehind'
  ],
  'broker/test/observability/bind-sockets.test.ts': [
    'connectionsBackpressured',
    'socketBuffered',
    'responseQueueSize',
    'clientSoftware'
  ],
  'broker/test/observability/partition-series.test.ts': ['partitionUnderReplicated', 'partitionLsoLag'],
  'broker/test/observability/bind-metadata.test.ts': [
    'underReplicated',
    'underMinIsr',
    'atMinIsr',
    'offlineReplicas',
    'preferredLeaderImbalance',
    'metadataLagRecords',
    'metadataLagSeconds',
    'controllerQueueSize',
    'metadataErrors',
    'raftUncommitted',
    'raftUnapplied',
    'raftProposalsPending',
    'unflushedMessages',
    'unflushedOldest'
  ],
  'broker/test/observability/bind-groups.test.ts': ['consumerGroupHeartbeatExpirations', 'offsetExpirations'],
  'broker/test/observability/measured-disk.test.ts': ['storageErrors', 'storageInFlight'],
  'broker/test/observability/bind-cleaner.test.ts': [
    'compactionFailures',
    'compactionUncleanable',
    'compactionMaxDirtyRatio',
    'compactionBacklog',
    'compactionInProgress'
  ],
  'broker/test/admin/server.test.ts': ['httpRequestsInFlight'],
  'broker/test/admin/connections.test.ts': ['httpRateLimited'],
  'testkit/test/tracing.test.ts': ['otelSpans', 'otelExport'],
  'broker/test/observability/span-exporter.test.ts': ['otelQueueSize', 'otelExportErrors'],
  'broker/test/observability/bind-awaited.test.ts': ['logMessages'],
  'broker/test/observability/repeated-lines.test.ts': ['logSuppressed'],
  'metrics/test/host.test.ts': ['cpuThrottled', 'processIo', 'pressureStalled'],
  'metrics/test/runtime.test.ts': ['eventLoopLagMin']
}

export const REACHED_BY: Partial<Record<MetricKey, string>> = Object.fromEntries(
  Object.entries(BY_TEST).flatMap(([file, keys]) => keys.map(key => [key, file]))
)
