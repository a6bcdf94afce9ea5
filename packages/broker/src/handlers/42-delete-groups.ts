// Serves v0–2. Deletes groups without members, with their offsets.
import { type DeleteGroupsRequest, type DeleteGroupsResponse, deleteGroupsApi, Errors } from '@streambus/protocol'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { Handler } from './handler.ts'

export function deleteGroupsHandler({
  groups
}: {
  readonly groups: GroupCoordinator
}): Handler<DeleteGroupsRequest, DeleteGroupsResponse> {
  const remove = async (groupId: string): Promise<{ groupId: string; errorCode: number }> => {
    try {
      await groups.deleteGroup(groupId)
      return { groupId, errorCode: Errors.NONE.code }
    } catch (error) {
      return { groupId, errorCode: Errors[errorNameOf(error)].code }
    }
  }
  return {
    api: deleteGroupsApi,
    async handle({ groupsNames }) {
      return { results: await Promise.all([...new Set(groupsNames)].map(remove)) }
    }
  }
}
