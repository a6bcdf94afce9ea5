// Serves v0–9. v1: rebalance timeout. v4: a member without an id is given one first (KIP-394). v5: static members
// (KIP-345). v7: protocol type in the answer. v8: reason. v9: a leader that need not assign (KIP-814).
import { Errors, type JoinGroupRequest, type JoinGroupResponse, joinGroupApi } from '@streambus/protocol'
import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { Handler } from './handler.ts'
import { memberHost } from './member-host.ts'

const NULLABLE_PROTOCOL_VERSION = 7

export function joinGroupHandler({
  groups
}: {
  readonly groups: GroupCoordinator
}): Handler<JoinGroupRequest, JoinGroupResponse> {
  return {
    api: joinGroupApi,
    async handle(request, { apiVersion, clientId, clientHost }) {
      const { groupId, memberId, groupInstanceId, sessionTimeoutMs, protocolType } = request
      if (groupId === '') {
        const errorCode = Errors.INVALID_GROUP_ID.code
        return {
          errorCode,
          protocolName: apiVersion < NULLABLE_PROTOCOL_VERSION ? '' : null,
          leader: '',
          memberId,
          members: []
        }
      }
      const answer = await groups.join(groupId, {
        apiVersion,
        clientId,
        clientHost: memberHost(clientHost),
        memberId,
        instanceId: groupInstanceId,
        sessionTimeoutMs,
        rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
        protocolType,
        protocols: request.protocols
      })
      if (apiVersion >= NULLABLE_PROTOCOL_VERSION) return answer
      return { ...answer, protocolName: answer.protocolName ?? '' }
    }
  }
}
