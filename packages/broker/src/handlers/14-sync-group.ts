// Serves v0–5. v3: static members (KIP-345). v5: the client says what protocol it believes in.
import { Errors, type SyncGroupRequest, type SyncGroupResponse, syncGroupApi } from '@streambus/protocol'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { Handler } from './handler.ts'

const EMPTY = Buffer.alloc(0)

export function syncGroupHandler({
  groups
}: {
  readonly groups: GroupCoordinator
}): Handler<SyncGroupRequest, SyncGroupResponse> {
  return {
    api: syncGroupApi,
    async handle(request, { apiVersion }) {
      const { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName } = request
      if (groupId === '') return { errorCode: Errors.INVALID_GROUP_ID.code, assignment: EMPTY }
      // From this version on the two must be there.
      if (apiVersion >= 5 && (protocolType === null || protocolName === null)) {
        return { errorCode: Errors.INCONSISTENT_GROUP_PROTOCOL.code, assignment: EMPTY }
      }
      try {
        return await groups.sync(groupId, {
          generation: generationId,
          memberId,
          instanceId: groupInstanceId,
          protocolType,
          protocol: protocolName,
          assignments: new Map(request.assignments.map(each => [each.memberId, each.assignment]))
        })
      } catch (error) {
        return { errorCode: Errors[errorNameOf(error)].code, assignment: EMPTY }
      }
    }
  }
}
