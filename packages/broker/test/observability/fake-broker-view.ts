import type {
  BrokerCounts,
  BrokerStatus,
  BrokerView,
  ClusterView,
  ListenerView,
  LogDirectoryView,
  TopicView
} from '../../src/observability/broker-view.ts'

/** A view whose answers a test sets. Starts as one healthy broker with nothing in it. */
export class FakeBrokerView implements BrokerView {
  readonly brokerId = 1
  readonly rack = null
  readonly version = '0.1.0'
  readonly environment = 'test'
  readonly roles = 'broker,controller'
  readonly startedWallMs = Date.UTC(2024, 10, 10, 9, 59, 0)
  readonly startedMonotonicMs = 1_000
  currentStatus: BrokerStatus = 'running'
  currentCounts: BrokerCounts = { topics: 0, partitions: 0, replicas: 0, segments: 0, pendingRequests: 0 }
  currentListeners: ListenerView[] = [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, connectionsMax: 100 }]
  currentDirectories: LogDirectoryView[] = [directory({})]
  currentTopics: TopicView[] = []
  currentCluster: ClusterView = {
    clusterId: 'cluster-a',
    controllerId: 1,
    brokers: [{ id: 1, host: '127.0.0.1', port: 9092, rack: null, isFenced: false }],
    term: 3,
    commitIndex: 41
  }

  status = (): BrokerStatus => this.currentStatus
  counts = (): BrokerCounts => this.currentCounts
  listeners = (): readonly ListenerView[] => this.currentListeners
  logDirectories = (): readonly LogDirectoryView[] => this.currentDirectories
  cluster = (): ClusterView => this.currentCluster
  topicNames = (): readonly string[] => this.currentTopics.map(({ name }) => name)
  topic = (name: string): TopicView | null => this.currentTopics.find(entry => entry.name === name) ?? null
}

export function directory(changes: Partial<LogDirectoryView>): LogDirectoryView {
  const space = { device: 'disk-1', totalBytes: 1_000, availableBytes: 600 }
  return { path: '/data', usedBytes: 100, space, error: null, refusal: null, warning: null, ...changes }
}

export function topic(name: string, changes: Partial<TopicView> = {}): TopicView {
  const local = { logStartOffset: 2, highWatermark: 8, endOffset: 9, sizeBytes: 70, segments: 1 }
  const partition = { index: 0, leader: 1, leaderEpoch: 0, replicas: [1], isr: [1], local }
  return {
    name,
    id: 'AAAAAAAAAAAAAAAAAAAAAQ',
    isInternal: false,
    configs: new Map(),
    partitions: [partition],
    ...changes
  }
}
