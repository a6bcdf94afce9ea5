import type { Clock, Disk, DiskError } from '@streambus/base'
import type { LogConfig } from './config.ts'
import type { LogProbe } from './log-probe.ts'
import type { OpenFiles } from './segment/open-files.ts'
import type { ReadBufferPool } from './segment/read.ts'

/** Where a batch comes from: only a client's sequence is checked, and a replica's offsets are kept. */
export type AppendOrigin = 'client' | 'coordinator' | 'replica' | 'raft'

export interface AppendOptions {
  readonly leaderEpoch: number
  readonly origin: AppendOrigin
}

export interface AppendResult {
  /** `duplicate`: the batch is in the log already, at these offsets; success for the producer. */
  readonly kind: 'appended' | 'duplicate'
  readonly baseOffset: number
  readonly lastOffset: number
  /** −1 unless the broker set the timestamps. */
  readonly logAppendTimeMs: number
}

export interface LogOptions {
  readonly disk: Disk
  /** The partition's own directory, `<log dir>/<topic>-<partition>`. Created when it is missing. */
  readonly directory: string
  readonly config: LogConfig
  readonly clock: Clock
  readonly probe: LogProbe
  /** Whether the log directory had a clean marker. */
  readonly cleanStart: boolean
  /** From the checkpoints of the log directory; unknown means 0. */
  readonly recoveryPoint?: number
  readonly logStartOffset?: number
  /** Buffers for reads. Default: a fresh one per read. */
  readonly buffers?: ReadBufferPool
  /** The files of all logs, so that many partitions do not exhaust the descriptors. Default: 64 for this log. */
  readonly openFiles?: OpenFiles
  /**
   * Called before records that may be checkpointed as durable are cut: the checkpoint must not promise more than
   * `offset` when it returns.
   */
  readonly lowerRecoveryPoint?: (offset: number) => void
  /** 0 … 1, taken once per log to spread rolls by time. Default 0. */
  readonly jitterShare?: number
  /**
   * The disk is full, and what frees space or must not fail needs room: gives up room that was kept for that. False
   * when there is none left; nothing is tried again then.
   */
  readonly makeRoom?: () => boolean
  /** A disk error after which nothing may be acknowledged any more. The process has to end. */
  readonly onFatal: (error: DiskError) => void
}
