// Serves v0–2. Deletes groups without members, with their offsets.
import type { Clock } from '@streambus/base'
import { type DeleteGroupsRequest, type DeleteGroupsResponse, deleteGroupsApi, Errors } from '@streambus/protocol'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { eachInTurns } from './each-in-turns.ts'
import type { Handler } from './handler.ts'

export function deleteGroupsHandler({
  groups,
  clock
}: {
  readonly groups: GroupCoordinator
  readonly clock: Clock
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
      return { results: await eachInTurns(clock, [...new Set(groupsNames)], remove) }
    }
  }
}
