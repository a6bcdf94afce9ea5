/** How a partition got its leader. */
export type ElectionType = 'clean' | 'unclean' | 'preferred' | 'controlled_shutdown'

/** What replication reports: of partitions led here, and of those that follow another broker. */
export interface ReplicationProbe {
  /** Leader append → the fetch position of a replica has passed the batch. */
  replicated(latencyMs: number): void
  isrShrunk(): void
  isrExpanded(): void
  elected(type: ElectionType): void
  /** A fetch from the leader on broker `peer` failed. */
  fetchFailed(peer: number, error: string): void
  bytesIn(count: number): void
  bytesOut(count: number): void
  quorumElectionEnded(result: 'won' | 'lost' | 'timeout'): void
  quorumLeaderChanged(): void
}

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
