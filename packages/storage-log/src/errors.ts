import { DiskError } from '@streambus/base'

/** Error names of the protocol that an append can end with; `@streambus/protocol` has their codes. */
export type AppendRefusal =
  | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  | 'INVALID_PRODUCER_EPOCH'
  | 'INVALID_TXN_STATE'
  | 'MESSAGE_TOO_LARGE'
  | 'RECORD_LIST_TOO_LARGE'
  | 'KAFKA_STORAGE_ERROR'

/** The batch was not appended and nothing changed. */
export class AppendRefused extends Error {
  override readonly name = 'AppendRefused'
  readonly errorName: AppendRefusal

  constructor(errorName: AppendRefusal, message: string, cause?: unknown) {
    super(message, { cause })
    this.errorName = errorName
  }
}

/** A read below the log start or above the log end. */
export class OffsetOutOfRange extends Error {
  override readonly name = 'OffsetOutOfRange'
  readonly offset: number
  readonly logStartOffset: number
  readonly logEndOffset: number

  constructor(offset: number, logStartOffset: number, logEndOffset: number) {
    super(`offset ${offset} is outside ${logStartOffset} … ${logEndOffset}`)
    this.offset = offset
    this.logStartOffset = logStartOffset
    this.logEndOffset = logEndOffset
  }
}

/**
 * Bytes that were durable once are no longer what was written. Nothing was cut: the file keeps its bytes (under
 * `quarantined` when it was renamed) and the partition stays offline until someone decides.
 */
export class LogCorrupt extends Error {
  override readonly name = 'LogCorrupt'
  readonly path: string
  readonly position: number
  readonly reason: string
  readonly quarantined: string | null

  /** `way`: what to do about it, where it is not the same as for every log. */
  constructor(options: { path: string; position: number; reason: string; quarantined: string | null; way?: string }) {
    const { quarantined } = options
    const usualWay =
      quarantined === null
        ? 'Its records cannot be served; restore the segment from a copy, or delete the records up to its end'
        : `The file is kept as ${quarantined} and the partition stays offline; restore the segment from a copy, ` +
          'or move the .corrupt file away to accept the loss of its records'
    super(`${options.path} is corrupt at byte ${options.position}: ${options.reason}. ${options.way ?? usualWay}`)
    this.path = options.path
    this.position = options.position
    this.reason = options.reason
    this.quarantined = options.quarantined
  }
}

/**
 * A segment that could not be read a moment ago. It is tried again after a while; nothing of it is served until then.
 */
export class SegmentOffline extends Error {
  override readonly name = 'SegmentOffline'
  readonly path: string

  constructor(path: string, cause: Error) {
    super(`${path} is offline: ${cause.message}`, { cause })
    this.path = path
  }
}

/** The records are not readable now, whatever the reason; the log may be fine elsewhere. */
export function isUnreadable(error: unknown): error is LogCorrupt | DiskError | SegmentOffline {
  return error instanceof LogCorrupt || error instanceof DiskError || error instanceof SegmentOffline
}

/** No space or no descriptors: the disk itself works. A failed cut, rename or sync is never only a shortage. */
export function isShortage(error: DiskError): boolean {
  const isShort = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].includes(error.code)
  return isShort && (error.operation === 'write' || error.operation === 'open')
}

const TAKES_ROOM = ['write', 'open', 'lock', 'mkdir']

/** The disk has no room, and only that: what was tried may be tried again when something was dropped. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof DiskError) || !TAKES_ROOM.includes(error.operation)) return false
  return error.code === 'ENOSPC' || error.code === 'EDQUOT'
}
