import {
  computeCrc,
  forEachRecord,
  readBaseOffset,
  readCrc,
  readLastOffset,
  readLeaderEpoch,
  walkBatches
} from '@streambus/protocol/records'
import { type Log, LogCorrupt } from '@streambus/storage-log'

const READ_BYTES = 1024 * 1024

/**
 * Hands over the value of every record of a metadata log, in order, and believes none: each batch must follow the one
 * before and have the CRC it was written with, whatever the last stop was like. Forgotten topics would take their
 * partitions with them. Throws LogCorrupt with file, byte and the way out; DiskError.
 */
export function replayMetadata(log: Log, visit: (value: Buffer) => void): void {
  namingTheWayOut(log.directory, () => {
    const untilOffset = log.logEndOffset
    const expected = { offset: log.logStartOffset, leaderEpoch: -1 }
    while (expected.offset < untilOffset) {
      const fromOffset = expected.offset
      const at = placeOf(log, fromOffset)
      const read = log.read({ fromOffset, untilOffset, bytesMax: READ_BYTES, minOneBatch: true })
      try {
        replayBatches(read.buffer ?? Buffer.alloc(0), { at, expected, visit })
      } finally {
        read.release()
      }
    }
  })
}

/** What to do is different from other logs: without the metadata, nothing of the broker can be served. */
export function namingTheWayOut<T>(directory: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof LogCorrupt)) throw error
    const { path, position, reason, quarantined } = error
    const kept = quarantined === null ? '' : `, without the file ${quarantined}`
    const way =
      'The broker does not start without knowing all of its topics, and nothing was deleted. ' +
      `Restore ${directory} from a copy of this log directory${kept}. If there is none, start on an empty log ` +
      'directory: the records of the partitions stay here, and `streambus dump-log` reads them'
    throw new LogCorrupt({ path, position, reason, quarantined, way })
  }
}

interface Place {
  readonly path: string
  readonly position: number
}

interface Replay {
  /** Of the first batch. */
  readonly at: Place
  readonly expected: { offset: number; leaderEpoch: number }
  readonly visit: (value: Buffer) => void
}

function placeOf(log: Log, offset: number): Place {
  return log.lookUp(segments => {
    const segment = segments.use(segments.floorIndex(offset))
    return { path: segment.path, position: Math.max(0, segment.positionOf(offset)) }
  })
}

function replayBatches(buffer: Buffer, { at: { path, position }, expected, visit }: Replay): void {
  const fail = (at: number, reason: string): never => {
    throw new LogCorrupt({ path, position: position + at, reason, quarantined: null })
  }
  const end = walkBatches(buffer, (at, sizeBytes) => {
    const batch = buffer.subarray(at, at + sizeBytes)
    const problem = batchProblem(batch, expected)
    if (problem !== null) fail(at, problem)
    forEachRecord(batch, {}, ({ value, offset }) => {
      try {
        if (value !== null) visit(value)
      } catch (error) {
        fail(at, `the metadata record at offset ${offset} makes no sense: ${(error as Error).message}`)
      }
    })
    expected.offset = readLastOffset(batch, 0) + 1
    expected.leaderEpoch = readLeaderEpoch(batch, 0)
  })
  if (end === 0 || end < buffer.length) fail(end, 'the bytes are not a whole record batch')
}

function batchProblem(batch: Buffer, expected: { offset: number; leaderEpoch: number }): string | null {
  const baseOffset = readBaseOffset(batch, 0)
  if (baseOffset !== expected.offset) return `base offset ${baseOffset}, expected ${expected.offset}`
  const crc = computeCrc(batch, 0, batch.length)
  if (crc !== readCrc(batch, 0)) {
    return `the CRC of the batch at offset ${baseOffset} is ${readCrc(batch, 0)}, of its bytes it is ${crc}`
  }
  const leaderEpoch = readLeaderEpoch(batch, 0)
  return leaderEpoch < expected.leaderEpoch ? `leader epoch ${leaderEpoch} after ${expected.leaderEpoch}` : null
}
