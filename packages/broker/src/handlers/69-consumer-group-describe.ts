// Serves v0–1. v1: which protocol a member speaks.
import type { Clock } from '@streambus/base'
import {
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
  consumerGroupDescribeApi,
  type ErrorName,
  Errors,
  type Input
} from '@streambus/protocol'
import type { ConsumerMemberDescription } from '../coordinator/group/describe.ts'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { GROUP_OPERATIONS, OPERATIONS_NOT_ASKED } from './authorized-operations.ts'
import { eachInTurns } from './each-in-turns.ts'
import type { Handler } from './handler.ts'

const CLASSIC = 0
const CONSUMER = 1

type GroupAnswer = Input<ConsumerGroupDescribeResponse>['groups'][number]
type MemberAnswer = GroupAnswer['members'][number]

export function consumerGroupDescribeHandler({
  groups,
  clock
}: {
  readonly groups: GroupCoordinator
  readonly clock: Clock
}): Handler<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> {
  return {
    api: consumerGroupDescribeApi,
    async handle({ groupIds, includeAuthorizedOperations }) {
      const authorizedOperations = includeAuthorizedOperations ? GROUP_OPERATIONS : OPERATIONS_NOT_ASKED
      const answer = async (groupId: string): Promise<GroupAnswer> => {
        const described = await describe(groups, groupId)
        return described.errorCode === Errors.NONE.code ? { ...described, authorizedOperations } : described
      }
      return { groups: await eachInTurns(clock, groupIds, answer) }
    }
  }
}

async function describe(groups: GroupCoordinator, groupId: string): Promise<GroupAnswer> {
  if (groupId === '') return noGroup(groupId, 'INVALID_GROUP_ID', "GroupId can't be empty.")
  try {
    const found = await groups.describeConsumer(groupId)
    if (found === null) {
      return noGroup(groupId, 'GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
    }
    const { state, epoch, assignmentEpoch, assignor, members } = found
    return {
      errorCode: Errors.NONE.code,
      groupId,
      groupState: state,
      groupEpoch: epoch,
      assignmentEpoch,
      assignorName: assignor,
      members: members.map(memberAnswer)
    }
  } catch (error) {
    return noGroup(groupId, errorNameOf(error), null)
  }
}

function memberAnswer(member: ConsumerMemberDescription): MemberAnswer {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.subscribedTopics,
    subscribedTopicRegex: member.subscribedRegex,
    assignment: { topicPartitions: member.assigned },
    targetAssignment: { topicPartitions: member.target },
    memberType: member.isClassic ? CLASSIC : CONSUMER
  }
}

function noGroup(groupId: string, errorName: ErrorName, errorMessage: string | null): GroupAnswer {
  return {
    errorCode: Errors[errorName].code,
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: []
  }
}
