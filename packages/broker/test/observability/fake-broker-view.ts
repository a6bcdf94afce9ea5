import { ClassicGroup } from '../../src/coordinator/group/classic/classic-group.ts'
import { describeClassic } from '../../src/coordinator/group/describe.ts'
import type { GroupLagView } from '../../src/coordinator/lag/lag-view.ts'
import { GroupTimelines } from '../../src/coordinator/lag/timeline.ts'
import type {
  BrokerCounts,
  BrokerStatus,
  BrokerView,
  ClusterView,
  CoordinatorView,
  GroupView,
  ListenerView,
  LogDirectoryView,
  OfflinePartition,
  QuorumView,
  ReplicaCounts,
  TopicView
} from '../../src/observability/broker-view.ts'

/** A view whose answers a test sets. Starts as one healthy broker with nothing in it. */
export class FakeBrokerView implements BrokerView {
  groupLags: GroupLagView[] = []
  readonly brokerId = 1
  readonly rack = null
  readonly version = '0.1.0'
  readonly revision = '0f884cc7'
  readonly environment = 'test'
  readonly roles = 'broker,controller'
  readonly startedWallMs = Date.UTC(2024, 10, 10, 9, 59, 0)
  readonly startedMonotonicMs = 1_000
  currentStatus: BrokerStatus = 'running'
  currentCounts: BrokerCounts = {
    topics: 0,
    partitions: 0,
    replicas: 0,
    segments: 0,
    pendingRequests: 0,
    pendingDeletion: { topics: 0, replicas: 0 }
  }
  currentListeners: ListenerView[] = [
    { name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, isListening: true, connections: 3, connectionsMax: 100 }
  ]
  currentDirectories: LogDirectoryView[] = [directory({})]
  currentTopics: TopicView[] = []
  currentOffline: OfflinePartition[] = []
  currentCoordinator: CoordinatorView = { shards: 50, loading: 0, failed: 0 }
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
  measureFiles = async (): Promise<void> => {}
  offlinePartitions = (): readonly OfflinePartition[] => this.currentOffline
  cluster = (): ClusterView => this.currentCluster
  currentQuorum: QuorumView = {
    state: 'leader',
    voters: 1,
    votersReachable: 1,
    lastIndex: 43,
    appliedIndex: 40,
    entries: 44,
    sizeBytes: 512,
    pending: 1,
    lagMs: 250
  }
  currentReplicas: ReplicaCounts = {
    led: 0,
    underReplicated: 0,
    underMinIsr: 0,
    atMinIsr: 0,
    preferred: 0,
    preferredLed: 0
  }
  quorum = (): QuorumView => this.currentQuorum
  replicas = (): ReplicaCounts => this.currentReplicas
  topicNames = (): readonly string[] => this.currentTopics.map(({ name }) => name)
  topic = (name: string): TopicView | null => this.currentTopics.find(entry => entry.name === name) ?? null
  groups = (): Promise<readonly GroupLagView[]> => Promise.resolve(this.groupLags)
  group = (id: string): Promise<GroupView | null> => {
    const lag = this.groupLags.find(({ group }) => group.groupId === id)
    return Promise.resolve(lag === undefined ? null : groupView(lag))
  }
  committedOffsets = (): number => 0
  coordinator = (): CoordinatorView => this.currentCoordinator
}

export function directory(changes: Partial<LogDirectoryView>): LogDirectoryView {
  const space = { device: 'disk-1', totalBytes: 1_000, availableBytes: 600, inodes: null }
  return {
    path: '/data',
    usedBytes: 100,
    space,
    error: null,
    refusal: null,
    warning: null,
    isStalled: false,
    ...changes
  }
}

export function topic(name: string, changes: Partial<TopicView> = {}): TopicView {
  const local = {
    logStartOffset: 2,
    highWatermark: 8,
    lastStableOffset: 8,
    endOffset: 9,
    lastAppendMs: 0,
    sizeBytes: 70,
    segments: 1
  }
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

/** A group of one member that is 3 records behind in one of its two partitions. */
export function groupLag(groupId: string): GroupLagView {
  const group = new ClassicGroup(groupId, 0)
  const offset = { topic: 't', committedOffset: 2, metadata: '', commitMs: 1_700_000_000_000, isAboveEnd: false }
  const behind = { ...offset, group: groupId, partition: 0, logStartOffset: 0, endOffset: 5, lag: 3, lostRecords: 0 }
  const partitions = [
    { ...behind, lagSeconds: 4.5, headroomSeconds: 60, status: 'OK' as const },
    {
      ...behind,
      partition: 1,
      endOffset: 2,
      lag: 0,
      lagSeconds: 0,
      headroomSeconds: Number.POSITIVE_INFINITY,
      status: 'OK' as const
    }
  ]
  const trend = { direction: 'growing' as const, recordsPerSecond: 1.5 }
  return { group, memberCount: 1, lag: 3, lagSeconds: 4.5, status: 'OK', trend, partitions }
}

function groupView(lag: GroupLagView): GroupView {
  const assignment = Buffer.from('00000000000100017400000001000000010000', 'hex')
  const member = {
    memberId: 'm',
    instanceId: null,
    clientId: 'c',
    clientHost: 'h',
    metadata: assignment,
    assignment,
    owned: new Map([['t', [1]]])
  }
  const description = { ...describeClassic(new ClassicGroup(lag.group.groupId, 0)), generation: 3, members: [member] }
  const timelines = new GroupTimelines()
  timelines.add('g', 1_700_000_000_000, { kind: 'joined', memberId: 'm', clientId: 'c', instanceId: null })
  timelines.add('g', 1_700_000_000_500, {
    kind: 'rebalance-ended',
    generation: 3,
    reason: 'member_joined',
    durationMs: 500
  })
  return { lag, description, events: timelines.eventsOf('g') }
}
