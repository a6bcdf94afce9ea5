import { Errors, errorByCode, fetchApi, listOffsetsApi } from '@streambus/protocol'
import { readRecords, walkBatches } from '@streambus/protocol/records'
import type { Connection } from '@streambus/wire-client'
import type { PartitionRead, ReadRecord } from './ledger.ts'
import { readValue } from './values.ts'

/** Timestamps that ask ListOffsets for the log start and the end. */
export const EARLIEST = -2
export const LATEST = -1
const FETCH_BYTES = 1 << 20

export interface Place {
  readonly topic: string
  readonly partition: number
}

const READS_MAX = 10

class StartMoved extends Error {}

/**
 * All of a partition from its log start to its end; begins again when retention moves the log start under it. Throws
 * when the broker refuses.
 */
export async function readPartition(connection: Connection, place: Place): Promise<PartitionRead> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readOnce(connection, place)
    } catch (error) {
      if (!(error instanceof StartMoved) || attempt === READS_MAX) throw error
    }
  }
}

async function readOnce(connection: Connection, place: Place): Promise<PartitionRead> {
  const logStartOffset = await offsetAt(connection, place, EARLIEST)
  const endOffset = await offsetAt(connection, place, LATEST)
  const records: ReadRecord[] = []
  let sizeBytes = 0
  for (let next = logStartOffset; next < endOffset; ) {
    const batches = await fetchFrom(connection, place, next)
    const before = next
    sizeBytes += batches.length
    walkBatches(batches, (at, size) => {
      for (const { offset, value } of readRecords(batches.subarray(at, at + size))) {
        if (offset < next || offset >= endOffset) continue
        records.push({ offset, ...sender(value) })
        next = offset + 1
      }
    })
    // A hole at the end, or an answer without a whole batch: the ledger says so.
    if (next === before) break
  }
  return { logStartOffset, endOffset, records, sizeBytes }
}

/** The answer of ListOffsets. Throws when the broker refuses. */
export async function offsetAt(
  connection: Connection,
  { topic, partition }: Place,
  timestamp: number
): Promise<number> {
  const partitions = [{ partitionIndex: partition, timestamp }]
  const answer = await connection.send(listOffsetsApi, { replicaId: -1, topics: [{ name: topic, partitions }] })
  const { errorCode = -1, offset = -1 } = answer.topics[0]?.partitions[0] ?? {}
  if (errorCode !== 0) throw new Error(`ListOffsets of ${topic}-${partition}: ${errorByCode(errorCode).name}`)
  return offset
}

/** Whole batches; the first holds `offset`. */
async function fetchFrom(connection: Connection, { topic, partition }: Place, offset: number): Promise<Buffer> {
  const partitions = [{ partition, fetchOffset: offset, partitionMaxBytes: FETCH_BYTES }]
  const body = { maxWaitMs: 0, minBytes: 0, topics: [{ topic, partitions }] }
  const answer = await connection.send(fetchApi, body, { version: 12 })
  const { errorCode = -1, records = null } = answer.responses[0]?.partitions[0] ?? {}
  if (errorCode !== Errors.NONE.code) {
    const isBelowStart = errorCode === Errors.OFFSET_OUT_OF_RANGE.code
    if (isBelowStart && offset < (await offsetAt(connection, { topic, partition }, EARLIEST))) throw new StartMoved()
    throw new Error(`Fetch of ${topic}-${partition} at ${offset}: ${errorByCode(errorCode).name}`)
  }
  return records ?? Buffer.alloc(0)
}

function sender(value: Buffer | null): Omit<ReadRecord, 'offset'> {
  const key = readValue(value)
  return key === null ? { producer: -1, sequence: -1, isIntact: false } : { ...key, isIntact: true }
}
