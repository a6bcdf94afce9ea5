// Serves v1–10. v2: isolation. v4: leader epoch. v7: max timestamp (-3). v8: earliest local (-4). v9: latest tiered
// (-5).
import {
  Errors,
  type Input,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  listOffsetsApi
} from '@streambus/protocol'
import { isUnreadable } from '@streambus/storage-log'
import type { Partition } from '../partition/partition.ts'
import type { PartitionSet } from '../partition/partition-set.ts'
import type { Handler } from './handler.ts'
import { checkLeaderEpoch } from './leader-epoch.ts'
import type { StorageErrorListener } from './storage-error.ts'

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const LEADER_EPOCH_SINCE = 4
/** The first version that knows each special timestamp. */
const SINCE: ReadonlyMap<number, number> = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9]
])
const NOTHING: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 }

interface Found {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

type PartitionRequest = ListOffsetsRequest['topics'][number]['partitions'][number]
type PartitionAnswer = Input<ListOffsetsResponse>['topics'][number]['partitions'][number]

export function listOffsetsHandler(dependencies: {
  readonly partitions: PartitionSet
  readonly onStorageError: StorageErrorListener
}): Handler<ListOffsetsRequest, ListOffsetsResponse> {
  return {
    api: listOffsetsApi,
    handle(request, context) {
      const seen = new Set<string>()
      return {
        topics: request.topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(part => {
            const key = `${name}/${part.partitionIndex}`
            if (seen.has(key)) return refused(part, Errors.INVALID_REQUEST.code)
            seen.add(key)
            const since = part.timestamp >= 0 ? 1 : SINCE.get(part.timestamp)
            if (since === undefined || context.apiVersion < since) return refused(part, Errors.UNSUPPORTED_VERSION.code)
            const partition = dependencies.partitions.find(name, part.partitionIndex)
            if (dependencies.partitions.isOffline(name, part.partitionIndex)) {
              return refused(part, Errors.KAFKA_STORAGE_ERROR.code)
            }
            try {
              return answer(part, partition, context.apiVersion)
            } catch (error) {
              if (!isUnreadable(error) || partition === undefined) throw error
              dependencies.onStorageError(partition, error)
              return refused(part, Errors.KAFKA_STORAGE_ERROR.code)
            }
          })
        }))
      }
    }
  }
}

function answer(request: PartitionRequest, partition: Partition | undefined, apiVersion: number): PartitionAnswer {
  if (partition === undefined) return refused(request, Errors.UNKNOWN_TOPIC_OR_PARTITION.code)
  const errorCode = checkLeaderEpoch(request.currentLeaderEpoch, partition.leaderEpoch)
  if (errorCode !== Errors.NONE.code) return refused(request, errorCode)
  const { offset, timestamp, leaderEpoch } = find(partition, request.timestamp)
  const found = { partitionIndex: request.partitionIndex, errorCode, offset, timestamp }
  return apiVersion >= LEADER_EPOCH_SINCE ? { ...found, leaderEpoch } : found
}

function find(partition: Partition, timestamp: number): Found {
  const { log, leaderEpoch, lastStableOffset } = partition
  switch (timestamp) {
    case LATEST:
      return { offset: lastStableOffset, timestamp: -1, leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: log.logStartOffset, timestamp: -1, leaderEpoch: log.epochOf(log.logStartOffset) }
    case LATEST_TIERED:
      return NOTHING
    case MAX_TIMESTAMP:
      return log.offsetOfMaxTimestamp() ?? NOTHING
    default: {
      const found = log.offsetForTimestamp(timestamp)
      // A record that is not committed yet is not there yet.
      return found === null || found.offset >= lastStableOffset ? NOTHING : found
    }
  }
}

function refused(request: PartitionRequest, errorCode: number): PartitionAnswer {
  return { partitionIndex: request.partitionIndex, errorCode, offset: -1, timestamp: -1 }
}
