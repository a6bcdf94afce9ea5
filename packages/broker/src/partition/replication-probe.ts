/** How a partition got its leader. */
export type ElectionType = 'clean' | 'unclean' | 'preferred' | 'controlled_shutdown'

/** What replication reports: of partitions led here, and of those that follow another broker. */
export interface ReplicationProbe {
  /** Leader append → the fetch position of a replica has passed the batch. */
  replicated(latencyMs: number): void
  isrShrunk(): void
  isrExpanded(): void
  /** The controller did not take over a change of in-sync replicas. */
  isrUpdateFailed(): void
  /** `leaderlessMs`: how long the partition had nobody who led it. */
  elected(type: ElectionType, leaderlessMs: number): void
  /** A fetch from the leader on broker `peer` failed. */
  fetchFailed(peer: number, error: string): void
  /** `isMoving`: for a replica that is not in the set its partition had before it is reassigned. */
  bytesIn(count: number, isMoving: boolean): void
  bytesOut(count: number, isMoving: boolean): void
  /** The log of a follower was cut back to where it agrees with its leader. */
  truncated(): void
  quorum: QuorumProbe
}

/** What the quorum of the metadata reports. Peers are voters other than this broker. */
export interface QuorumProbe {
  electionEnded(result: 'won' | 'lost' | 'timeout'): void
  /** `leaderlessMs`: since the last one was known. */
  leaderChanged(leaderlessMs: number): void
  peerAnswered(peer: number, roundTripMs: number): void
  peerSilent(peer: number): void
  /** `type`: the request's API. */
  message(type: string, direction: 'in' | 'out'): void
  snapshot(op: SnapshotOperation, durationMs: number, bytes: number): void
}

export type SnapshotOperation = 'write' | 'send' | 'load'

/** Another broker, at one moment. */
export interface PeerState {
  readonly peer: number
  /** By how much its slowest replica of a partition led here is behind. */
  readonly lagMessages: number
  readonly lagMs: number
  /** Of its part in the quorum; null unless this broker leads it. */
  readonly quorum: { readonly lagEntries: number; readonly sinceContactMs: number } | null
}

export interface ReplicationState {
  readonly peers: readonly PeerState[]
  /** Partitions whose replicas are being moved. */
  readonly reassigning: number
}
