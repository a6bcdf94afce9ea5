import { forEachRecord, HEADER_BYTES, isControl, walkBatches } from '@streambus/protocol/records'
import type { Log } from '@streambus/storage-log'
import type { RecordFormat } from './shard.ts'

const READ_BYTES = 256 * 1024

export interface ReplayOptions<R> {
  readonly log: Log
  readonly format: RecordFormat<R>
  readonly onRecord: (record: R) => void
  /** A record that this version does not know, or that is damaged: it is skipped. */
  readonly onSkipped: (offset: number, error: Error | null) => void
}

/**
 * Every record of the log in order, from its start to where it ends now; a step for each read. Throws LogCorrupt,
 * DiskError, and what `onRecord` throws.
 */
export function* replayLog<R>(options: ReplayOptions<R>): Generator<void, void> {
  const { log } = options
  const untilOffset = log.logEndOffset
  let fromOffset = log.logStartOffset
  while (fromOffset < untilOffset) {
    const read = log.read({ fromOffset, untilOffset, bytesMax: READ_BYTES, minOneBatch: true })
    if (read.buffer !== null) replayBatches(read.buffer, options)
    fromOffset = read.nextOffset
    read.release()
    yield
  }
}

function replayBatches<R>(buffer: Buffer, { format, onRecord, onSkipped }: ReplayOptions<R>): void {
  walkBatches(buffer, (at, sizeBytes) => {
    if (sizeBytes <= HEADER_BYTES || isControl(buffer, at)) return
    forEachRecord(buffer.subarray(at, at + sizeBytes), {}, ({ key, value, offset }) => {
      if (key === null) return onSkipped(offset, null)
      let record: R | null
      try {
        record = format.decode(key, value)
      } catch (error) {
        return onSkipped(offset, error as Error)
      }
      if (record === null) onSkipped(offset, null)
      else onRecord(record)
    })
  })
}
