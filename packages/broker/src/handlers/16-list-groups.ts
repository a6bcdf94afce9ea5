// Serves v0–5. v4: filter by state. v5: filter by type.
import { Errors, type ListGroupsRequest, type ListGroupsResponse, listGroupsApi } from '@streambus/protocol'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { Handler } from './handler.ts'

export function listGroupsHandler({
  groups
}: {
  readonly groups: GroupCoordinator
}): Handler<ListGroupsRequest, ListGroupsResponse> {
  return {
    api: listGroupsApi,
    async handle({ statesFilter, typesFilter }) {
      const isState = filterOf(statesFilter)
      const isType = filterOf(typesFilter)
      try {
        const found = await groups.list()
        const wanted = found.filter(({ state, type }) => isState(state) && isType(type))
        return {
          errorCode: Errors.NONE.code,
          groups: wanted.map(({ groupId, protocolType, state, type }) => {
            return { groupId, protocolType, groupState: state, groupType: type }
          })
        }
      } catch (error) {
        return { errorCode: Errors[errorNameOf(error)].code, groups: [] }
      }
    }
  }
}

/** Upper and lower case are the same. */
function filterOf(allowed: readonly string[]): (value: string) => boolean {
  const lower = new Set(allowed.map(each => each.toLowerCase()))
  return value => lower.size === 0 || lower.has(value.toLowerCase())
}
