import type { Hole } from './recovery/find-holes.ts'

/** A small file that failed its checksum: it counts as missing. */
export interface IgnoredFile {
  readonly path: string
  /** What is wrong with it. */
  readonly problem: string
  /** What follows from doing without it. */
  readonly consequence: string
}

export interface KeptTail {
  readonly path: string
  readonly bytes: number
  /** The offset of the first record that is not there any more. */
  readonly fromOffset: number
  /** Whole batches are in it, behind sectors that never reached the disk. */
  readonly hasBatches: boolean
}

/** What asked first for a group commit: somebody waits for an append, or `flush.messages`, `flush.ms` and the like. */
export type FlushTrigger = 'append' | 'limit'

/** A file of the index is not there, or it says what the segment does not. */
export type IndexFault = 'missing' | 'wrong'

/** What a log reports; the broker connects it to metrics and to the operator's log. Must not throw. */
export interface LogProbe {
  /** The log in `directory` was opened; `durationMs` includes its recovery, if it needed one. */
  opened(durationMs: number, directory: string): void
  /** `durationMs`: of the write. */
  appended(records: number, bytes: number, durationMs: number): void
  /** One completed group commit. */
  flushed(durationMs: number, trigger: FlushTrigger): void
  rolled(): void
  /** One read call that found data; `durationMs` includes the look-up of its position. */
  readBytes(bytes: number, durationMs: number): void
  segmentsDeleted(segments: number, bytes: number): void
  /** Producers that have written nothing for so long that they are forgotten. */
  producersExpired(count: number): void
  /** The index of the segment file `path` was built again from it. */
  indexRebuilt(path: string, fault: IndexFault): void
  /** Recovery after an unclean stop: how much was checked and how much of it was a torn tail. */
  recovered(scannedBytes: number, cutBytes: number): void
  /** What an unclean stop left behind the last valid batch, below `fromOffset`, was cut and is kept in `path`. */
  tailSetAside(tail: KeptTail): void
  fileIgnored(file: IgnoredFile): void
  /** Records are missing that no compaction is known to have removed; what is left is served. */
  holeFound(hole: Hole): void
  /** A read failed; records in [fromOffset, untilOffset) are not served for a while. */
  rangeOffline(path: string, fromOffset: number, untilOffset: number, cause: Error): void
  /** The disk is full: the append was refused, reads go on. */
  diskFull(path: string): void
}

export const SILENT_LOG_PROBE: LogProbe = {
  opened() {},
  appended() {},
  flushed() {},
  rolled() {},
  readBytes() {},
  segmentsDeleted() {},
  producersExpired() {},
  indexRebuilt() {},
  recovered() {},
  tailSetAside() {},
  fileIgnored() {},
  holeFound() {},
  rangeOffline() {},
  diskFull() {}
}
