// Serves v0–1. v1: patterns, and members choose their ids.
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  consumerGroupHeartbeatApi,
  Errors
} from '@streambus/protocol'
import { fromList, toList } from '../coordinator/group/consumer/topic-partitions.ts'
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { CoordinatorRefused } from '../coordinator/runtime/coordinator-refused.ts'
import type { Handler } from './handler.ts'
import { memberHost } from './member-host.ts'

export function consumerGroupHeartbeatHandler({
  groups
}: {
  readonly groups: GroupCoordinator
}): Handler<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse> {
  return {
    api: consumerGroupHeartbeatApi,
    async handle(request, { apiVersion, clientId, clientHost }) {
      const { groupId, subscribedTopicNames, topicPartitions, ...said } = request
      if (groupId.trim() === '') return failure(Errors.INVALID_REQUEST.code, "GroupId can't be empty.")
      try {
        const { assignment, ...answer } = await groups.consumerHeartbeat(groupId, {
          ...said,
          apiVersion,
          clientId,
          clientHost: memberHost(clientHost),
          subscribedTopics: subscribedTopicNames,
          subscribedRegex: said.subscribedTopicRegex,
          owned: topicPartitions && fromList(topicPartitions)
        })
        return {
          errorCode: Errors.NONE.code,
          ...answer,
          assignment: assignment && { topicPartitions: toList(assignment) }
        }
      } catch (error) {
        if (!(error instanceof CoordinatorRefused)) throw error
        return failure(Errors[error.errorName].code, error.message)
      }
    }
  }
}

function failure(errorCode: number, errorMessage: string) {
  return { errorCode, errorMessage, memberEpoch: 0, heartbeatIntervalMs: 0 }
}
