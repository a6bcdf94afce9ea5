import type { DiskSpace } from '@streambus/base'
import type { GroupDescription } from '../coordinator/group/describe.ts'
import type { GroupLagView } from '../coordinator/lag/lag-view.ts'
import type { TimelineEvent } from '../coordinator/lag/timeline.ts'

export type BrokerStatus = 'stopped' | 'starting' | 'running' | 'stopping'

export interface ListenerView {
  readonly name: string
  /** The bound address. */
  readonly host: string
  readonly port: number
  readonly isListening: boolean
  readonly connections: number
  readonly connectionsMax: number
}

export interface PartitionView {
  readonly index: number
  /** −1: none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** The replica on this broker; null when there is none or its log is offline. */
  readonly local: {
    readonly logStartOffset: number
    readonly highWatermark: number
    readonly lastStableOffset: number
    readonly endOffset: number
    /** Wall time of the last batch of a producer since the start; 0: there was none. */
    readonly lastAppendMs: number
    readonly sizeBytes: number
    readonly segments: number
  } | null
}

export interface TopicView {
  readonly name: string
  readonly id: string
  readonly isInternal: boolean
  /** The topic's own settings, without the broker's defaults. */
  readonly configs: ReadonlyMap<string, string>
  readonly partitions: readonly PartitionView[]
}

export interface LogDirectoryView {
  readonly path: string
  /** Bytes of data files in it, and of index files as `measureFiles` has last seen them. */
  readonly usedBytes: number
  /** Null when the filesystem does not answer. */
  readonly space: DiskSpace | null
  /** Why the directory cannot be used; null when it can. */
  readonly error: string | null
  /** Why producers are refused, or fail, and what the operator should look at; null when there is nothing. */
  readonly refusal: string | null
  readonly warning: string | null
  /** A sync is overdue: whoever writes there may have to wait for as long. */
  readonly isStalled: boolean
}

/** A partition of this broker that exists and whose log cannot be used. */
export interface OfflinePartition {
  readonly topic: string
  readonly index: number
}

export interface ClusterView {
  readonly clusterId: string
  /** −1: none is known. */
  readonly controllerId: number
  readonly brokers: readonly {
    readonly id: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
    readonly isFenced: boolean
  }[]
  /** Term and committed index of the metadata quorum. */
  readonly term: number
  readonly commitIndex: number
}

/** This broker's part in the quorum of the metadata. */
export interface QuorumView {
  readonly state: 'leader' | 'follower' | 'candidate' | 'observer' | 'unattached'
  readonly voters: number
  /** Heard of lately, this broker included. */
  readonly votersReachable: number
  /** Of the last entry in the log, and of the last that is applied; −1: there is none. */
  readonly lastIndex: number
  readonly appliedIndex: number
  readonly entries: number
  readonly sizeBytes: number
  /** Batches of entries that are not committed yet. */
  readonly pending: number
  /** How long the oldest entry that is committed and not applied has been so; 0: there is none. */
  readonly lagMs: number
}

/** How the replicas of all partitions stand for this broker, by the metadata. */
export interface ReplicaCounts {
  /** Partitions that this broker leads; of those, with fewer replicas in sync than there are or than they need. */
  readonly led: number
  readonly underReplicated: number
  readonly underMinIsr: number
  /** Replicated, and just enough of them in sync. */
  readonly atMinIsr: number
  /** Partitions that name this broker first; how many of them it leads. */
  readonly preferred: number
  readonly preferredLed: number
}

export interface GroupView {
  readonly lag: GroupLagView
  readonly description: GroupDescription
  /** Oldest first. */
  readonly events: readonly TimelineEvent[]
}

/** What this broker coordinates of the groups: partitions of their internal topic. */
export interface CoordinatorView {
  readonly shards: number
  readonly loading: number
  /** Their log cannot be read: the groups in them are not served. */
  readonly failed: number
}

/** Numbers that the broker can give without building a list. */
export interface BrokerCounts {
  readonly topics: number
  readonly partitions: number
  readonly replicas: number
  /** Segments of the logs on this broker. */
  readonly segments: number
  /** Requests decoded whose answer has not been handed to the socket. */
  readonly pendingRequests: number
  /** Of deleted topics, what has files here still. */
  readonly pendingDeletion: { readonly topics: number; readonly replicas: number }
}

/**
 * What metrics, health checks and the admin API may see of a running broker. Read only; every call answers for the
 * moment of the call, from `starting` on. Must not throw. What takes long is computed in turns, and is a promise.
 */
export interface BrokerView {
  readonly brokerId: number
  readonly rack: string | null
  readonly version: string
  /** The commit of Git that runs; '' where it is not known. */
  readonly revision: string
  readonly environment: string
  /** Comma separated: `broker`, `controller`. */
  readonly roles: string
  /** Wall clock and monotonic time at which the broker began to start. */
  readonly startedWallMs: number
  readonly startedMonotonicMs: number
  status(): BrokerStatus
  counts(): BrokerCounts
  listeners(): readonly ListenerView[]
  logDirectories(): readonly LogDirectoryView[]
  /** Looks at index files that were written since, in turns. */
  measureFiles(): Promise<void>
  offlinePartitions(): readonly OfflinePartition[]
  cluster(): ClusterView
  quorum(): QuorumView
  replicas(): ReplicaCounts
  /** Sorted by name. */
  topicNames(): readonly string[]
  topic(name: string): TopicView | null
  /** The groups that are coordinated here and loaded. */
  groups(): Promise<readonly GroupLagView[]>
  group(groupId: string): Promise<GroupView | null>
  committedOffsets(): number
  coordinator(): CoordinatorView
}
