// Serves v0–2. Moves log starts; offset −1 is the high watermark.
import { DiskError } from '@streambus/base'
import {
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  deleteRecordsApi,
  Errors,
  type Input
} from '@streambus/protocol'
import { OffsetOutOfRange } from '@streambus/storage-log'
import type { PartitionSet } from '../partition/partition-set.ts'
import type { Handler } from './handler.ts'

const NO_WATERMARK = -1

type PartitionRequest = DeleteRecordsRequest['topics'][number]['partitions'][number]
type PartitionAnswer = Input<DeleteRecordsResponse>['topics'][number]['partitions'][number]

export interface DeleteRecordsDependencies {
  readonly partitions: Pick<PartitionSet, 'find' | 'isOffline'>
  /** Whether the topic's `cleanup.policy` is `compact` alone: there each key's last record is kept for good. */
  readonly isOnlyCompacted: (topic: string) => boolean
}

export function deleteRecordsHandler(
  dependencies: DeleteRecordsDependencies
): Handler<DeleteRecordsRequest, DeleteRecordsResponse> {
  return {
    api: deleteRecordsApi,
    handle: request => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(part => answer(dependencies, name, part))
      }))
    })
  }
}

function answer(
  { partitions, isOnlyCompacted }: DeleteRecordsDependencies,
  topic: string,
  { partitionIndex, offset }: PartitionRequest
): PartitionAnswer {
  const refused = (errorCode: number): PartitionAnswer => ({ partitionIndex, lowWatermark: NO_WATERMARK, errorCode })
  const partition = partitions.find(topic, partitionIndex)
  if (partition === undefined) {
    const isOffline = partitions.isOffline(topic, partitionIndex)
    return refused((isOffline ? Errors.KAFKA_STORAGE_ERROR : Errors.UNKNOWN_TOPIC_OR_PARTITION).code)
  }
  if (isOnlyCompacted(topic)) return refused(Errors.POLICY_VIOLATION.code)
  try {
    return { partitionIndex, lowWatermark: partition.deleteRecordsBefore(offset), errorCode: Errors.NONE.code }
  } catch (error) {
    if (error instanceof OffsetOutOfRange) return refused(Errors.OFFSET_OUT_OF_RANGE.code)
    if (error instanceof DiskError) return refused(Errors.KAFKA_STORAGE_ERROR.code)
    throw error
  }
}
