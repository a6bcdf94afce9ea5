/**
 * `damage`: bytes are not what was written, or files contradict each other. `warning`: what a stop that was not clean
 * may leave and the next start repairs. `info`: worth knowing, nothing is wrong.
 */
export type Severity = 'damage' | 'warning' | 'info'

export type FindingCode =
  /** Batches. */
  | 'bad-batch'
  | 'bad-crc'
  | 'bad-header'
  | 'bad-records'
  | 'unchecked-records'
  | 'offset-order'
  | 'offset-gap'
  | 'epoch-order'
  /** The end of a log. */
  | 'torn-tail'
  | 'lost-sectors'
  | 'zero-tail'
  | 'lost-records'
  /** Files beside the segments. */
  | 'bad-index'
  | 'missing-index'
  | 'bad-snapshot'
  | 'unchecked-snapshot'
  | 'bad-epochs'
  | 'bad-checkpoint'
  | 'leftover'
  | 'quarantined'
  | 'unknown-file'
  | 'unreadable'

export interface Finding {
  readonly severity: Severity
  readonly code: FindingCode
  readonly path: string
  /** The byte of the file where it begins; −1 when no single byte is at fault. */
  readonly position: number
  readonly message: string
}

/** What was looked at in one file. */
export interface CheckedFile {
  readonly path: string
  readonly kind: string
  readonly bytes: number
  /** What the file has of them, such as batches and records, or entries. */
  readonly counts: Readonly<Record<string, number>>
}

/** Where the checks report to. Calls come in any order within one partition; `file` comes last for its file. */
export interface VerifyReport {
  finding(finding: Finding): void
  file(file: CheckedFile): void
  /** So many bytes of segments were read since the last call. What it waits for is waited for: others may run. */
  progress?(bytes: number): Promise<void> | void
}

export interface VerifyOptions {
  /** Gaps between offsets are errors. Compaction leaves them; without it there are none. Default false. */
  readonly noGaps?: boolean
  /** Somebody writes to the files meanwhile: the end of a log may be on its way. Default false. */
  readonly isLive?: boolean
  /** Records of a batch that has more bytes are not looked at, only its CRC is. Default 128 MiB. */
  readonly batchBytesMax?: number
  /** Records that have more bytes when decompressed are not looked at. Default 256 MiB. */
  readonly decompressedBytesMax?: number
  /** With more producers than this, producer snapshots are no longer compared with the batches. Default 1,000,000. */
  readonly producersMax?: number
}

/** Findings of one file. */
export type Say = (severity: Severity, code: FindingCode, position: number, message: string) => void

export function sayAbout(report: VerifyReport, path: string): Say {
  return (severity, code, position, message) => report.finding({ severity, code, path, position, message })
}
