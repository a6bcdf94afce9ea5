// Serves v0–6. v3: authorized operations. v4: instance ids. v6: an unknown group is an error, not a dead group.
import type { Clock } from '@streambus/base'
import {
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  describeGroupsApi,
  type ErrorName,
  Errors,
  type Input
} from '@streambus/protocol'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { GROUP_OPERATIONS, OPERATIONS_NOT_ASKED } from './authorized-operations.ts'
import { eachInTurns } from './each-in-turns.ts'
import type { Handler } from './handler.ts'

const UNKNOWN_IS_ERROR_VERSION = 6

type GroupAnswer = Input<DescribeGroupsResponse>['groups'][number]

export function describeGroupsHandler({
  groups,
  clock
}: {
  readonly groups: GroupCoordinator
  readonly clock: Clock
}): Handler<DescribeGroupsRequest, DescribeGroupsResponse> {
  return {
    api: describeGroupsApi,
    async handle({ groups: groupIds, includeAuthorizedOperations }, { apiVersion }) {
      const authorizedOperations = includeAuthorizedOperations ? GROUP_OPERATIONS : OPERATIONS_NOT_ASKED
      const asked = apiVersion >= 3 ? { authorizedOperations } : {}
      const answer = async (groupId: string): Promise<GroupAnswer> => {
        const described = await describe(groups, groupId, apiVersion)
        return described.errorCode === Errors.NONE.code ? { ...described, ...asked } : described
      }
      return { groups: await eachInTurns(clock, groupIds, answer) }
    }
  }
}

async function describe(groups: GroupCoordinator, groupId: string, apiVersion: number): Promise<GroupAnswer> {
  let found: Awaited<ReturnType<GroupCoordinator['describe']>>
  try {
    found = await groups.describe(groupId)
  } catch (error) {
    return noGroup(groupId, { errorName: errorNameOf(error), state: '', message: null, apiVersion })
  }
  if (found === null) {
    const isError = apiVersion >= UNKNOWN_IS_ERROR_VERSION
    const errorName = isError ? 'GROUP_ID_NOT_FOUND' : 'NONE'
    return noGroup(groupId, { errorName, state: 'Dead', message: `Group ${groupId} not found.`, apiVersion })
  }
  const { state, protocolType, protocol, members } = found
  return {
    errorCode: Errors.NONE.code,
    groupId,
    groupState: state,
    protocolType,
    protocolData: protocol,
    members: members.map(member => ({
      memberId: member.memberId,
      ...(apiVersion >= 4 ? { groupInstanceId: member.instanceId } : {}),
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: member.metadata,
      memberAssignment: member.assignment
    }))
  }
}

function noGroup(
  groupId: string,
  of: {
    readonly errorName: ErrorName
    readonly state: string
    readonly message: string | null
    readonly apiVersion: number
  }
): GroupAnswer {
  const errorCode = Errors[of.errorName].code
  const errorMessage = of.apiVersion >= UNKNOWN_IS_ERROR_VERSION ? { errorMessage: of.message } : {}
  return { errorCode, ...errorMessage, groupId, groupState: of.state, protocolType: '', protocolData: '', members: [] }
}
