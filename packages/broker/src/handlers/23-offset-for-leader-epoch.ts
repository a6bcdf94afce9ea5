// Serves v2–4. Needs no more than Describe; v3 adds the replica id, which only followers set.
import {
  Errors,
  type Input,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  offsetForLeaderEpochApi
} from '@streambus/protocol'
import type { PartitionSet } from '../partition/partition-set.ts'
import type { Handler } from './handler.ts'
import { checkLeaderEpoch } from './leader-epoch.ts'

type PartitionRequest = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]
type PartitionAnswer = Input<OffsetForLeaderEpochResponse>['topics'][number]['partitions'][number]

/** Where an epoch ended in our log: clients find out by it whether what they read was truncated (KIP-101, 320). */
export function offsetForLeaderEpochHandler(dependencies: {
  readonly partitions: PartitionSet
}): Handler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> {
  const answer = (topic: string, request: PartitionRequest): PartitionAnswer => {
    const partition = dependencies.partitions.find(topic, request.partition)
    const isOffline = dependencies.partitions.isOffline(topic, request.partition)
    const errorCode =
      partition === undefined
        ? Errors[isOffline ? 'KAFKA_STORAGE_ERROR' : 'UNKNOWN_TOPIC_OR_PARTITION'].code
        : checkLeaderEpoch(request.currentLeaderEpoch, partition.leaderEpoch)
    if (partition === undefined || errorCode !== Errors.NONE.code) {
      return { partition: request.partition, errorCode, leaderEpoch: -1, endOffset: -1 }
    }
    const { epoch, endOffset } = partition.log.endOffsetForEpoch(request.leaderEpoch)
    return { partition: request.partition, errorCode, leaderEpoch: epoch, endOffset }
  }
  return {
    api: offsetForLeaderEpochApi,
    handle: request => ({
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(part => answer(topic, part))
      }))
    })
  }
}
