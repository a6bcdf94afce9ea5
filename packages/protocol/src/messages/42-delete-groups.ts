import { api, array, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Deletes groups with their offsets. */
export const deleteGroupsRequest = message({
  name: 'DeleteGroupsRequest',
  versions: '0-2',
  flexible: '2+',
  fields: [array('groupsNames', 'string')]
})
export type DeleteGroupsRequest = Message<typeof deleteGroupsRequest>

/** An error for each group. */
export const deleteGroupsResponse = message({
  name: 'DeleteGroupsResponse',
  versions: '0-2',
  flexible: '2+',
  fields: [int32('throttleTimeMs', { fallback: 0 }), array('results', [string('groupId'), int16('errorCode')])]
})
export type DeleteGroupsResponse = Message<typeof deleteGroupsResponse>

export const deleteGroupsApi = api({
  key: 42,
  name: 'DeleteGroups',
  request: deleteGroupsRequest,
  response: deleteGroupsResponse
})
