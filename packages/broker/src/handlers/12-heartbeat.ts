// Serves v0–4. v3: static members (KIP-345).
import { Errors, type HeartbeatRequest, type HeartbeatResponse, heartbeatApi } from '@streambus/protocol'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { Handler } from './handler.ts'

export function heartbeatHandler({
  groups
}: {
  readonly groups: GroupCoordinator
}): Handler<HeartbeatRequest, HeartbeatResponse> {
  return {
    api: heartbeatApi,
    async handle({ groupId, memberId, groupInstanceId, generationId }) {
      if (groupId === '') return { errorCode: Errors.INVALID_GROUP_ID.code }
      try {
        await groups.heartbeat(groupId, { memberId, instanceId: groupInstanceId }, generationId)
        return { errorCode: Errors.NONE.code }
      } catch (error) {
        return { errorCode: Errors[errorNameOf(error)].code }
      }
    }
  }
}
