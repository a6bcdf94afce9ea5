// Serves v0–5. v3: many members at once, static ones by their instance ids alone. v5: reason.
import { Errors, type LeaveGroupRequest, type LeaveGroupResponse, leaveGroupApi } from '@streambus/protocol'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { Handler } from './handler.ts'

const MANY_VERSION = 3

export function leaveGroupHandler({
  groups
}: {
  readonly groups: GroupCoordinator
}): Handler<LeaveGroupRequest, LeaveGroupResponse> {
  return {
    api: leaveGroupApi,
    async handle({ groupId, memberId, members }, { apiVersion }) {
      if (groupId === '') return { errorCode: Errors.INVALID_GROUP_ID.code }
      const isMany = apiVersion >= MANY_VERSION
      const leavers = isMany
        ? members.map(member => ({ memberId: member.memberId, instanceId: member.groupInstanceId }))
        : [{ memberId, instanceId: null }]
      try {
        const errors = await groups.leave(groupId, leavers)
        if (!isMany) return { errorCode: Errors[errors[0] ?? 'NONE'].code }
        const answers = leavers.map((leaver, i) => {
          const errorCode = Errors[errors[i] ?? 'NONE'].code
          return { memberId: leaver.memberId, groupInstanceId: leaver.instanceId, errorCode }
        })
        return { errorCode: Errors.NONE.code, members: answers }
      } catch (error) {
        const errorName = errorNameOf(error)
        if (!isMany || errorName !== 'UNKNOWN_MEMBER_ID') return { errorCode: Errors[errorName].code }
        // There is no such group, so none of them is a member.
        const { code: errorCode } = Errors[errorName]
        const answers = leavers.map(leaver => {
          return { memberId: leaver.memberId, groupInstanceId: leaver.instanceId, errorCode }
        })
        return { errorCode: Errors.NONE.code, members: answers }
      }
    }
  }
}
