import { api, array, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Empty filters let everything through. */
export const listGroupsRequest = message({
  name: 'ListGroupsRequest',
  versions: '0-5',
  flexible: '3+',
  fields: [array('statesFilter', 'string', { since: 4 }), array('typesFilter', 'string', { since: 5 })]
})
export type ListGroupsRequest = Message<typeof listGroupsRequest>

/** The groups whose coordinator this broker is. */
export const listGroupsResponse = message({
  name: 'ListGroupsResponse',
  versions: '0-5',
  flexible: '3+',
  fields: [
    int32('throttleTimeMs', { since: 1, fallback: 0, ignorable: true }),
    int16('errorCode'),
    array('groups', [
      string('groupId'),
      string('protocolType'),
      string('groupState', { since: 4, ignorable: true }),
      string('groupType', { since: 5, ignorable: true })
    ])
  ]
})
export type ListGroupsResponse = Message<typeof listGroupsResponse>

export const listGroupsApi = api({
  key: 16,
  name: 'ListGroups',
  request: listGroupsRequest,
  response: listGroupsResponse
})
