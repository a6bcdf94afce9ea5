/** What ended a transaction that was not committed. */
export type AbortReason = 'client' | 'timeout' | 'fenced' | 'coordinator'

/** A state of a transactional id, by Kafka's names. */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'PrepareEpochFence'
  | 'Dead'

/** What the transaction coordinator reports. */
export interface TransactionProbe {
  /** The first partition was added. */
  started(): void
  /** All markers are written; `durationMs`: since the first partition was added. */
  committed(durationMs: number): void
  aborted(durationMs: number, reason: AbortReason): void
  /** An attempt to write a marker failed. */
  markerFailed(): void
  /** Of the end of a transaction: the decision is durable (prepare), all markers are written (markers). */
  phaseEnded(phase: 'prepare' | 'markers', durationMs: number): void
  /** A transactional batch was refused, because its transaction is not known. */
  verificationFailed(): void
}

/** The transactions that are coordinated here, at one moment. */
export interface TransactionCounts {
  readonly byState: ReadonlyMap<TransactionState, number>
  /** How long the oldest open one has been open; 0: none is. */
  readonly oldestOpenMs: number
  /** Open in a partition, and unknown to their coordinator. */
  readonly hanging: number
  readonly markersPending: number
}
