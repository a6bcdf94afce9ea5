import { api, array, boolean, bytes, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Classic groups. */
export const describeGroupsRequest = message({
  name: 'DescribeGroupsRequest',
  versions: '0-6',
  flexible: '5+',
  fields: [array('groups', 'string'), boolean('includeAuthorizedOperations', { since: 3 })]
})
export type DescribeGroupsRequest = Message<typeof describeGroupsRequest>

/** A group that does not exist is in state Dead up to version 5, an error from 6. */
export const describeGroupsResponse = message({
  name: 'DescribeGroupsResponse',
  versions: '0-6',
  flexible: '5+',
  fields: [
    int32('throttleTimeMs', { since: 1, fallback: 0, ignorable: true }),
    array('groups', [
      int16('errorCode'),
      string('errorMessage', { since: 6, nullable: '0+', fallback: null }),
      string('groupId'),
      string('groupState'),
      string('protocolType'),
      string('protocolData'),
      array('members', [
        string('memberId'),
        string('groupInstanceId', { since: 4, nullable: '0+', fallback: null, ignorable: true }),
        string('clientId'),
        string('clientHost'),
        bytes('memberMetadata'),
        bytes('memberAssignment')
      ]),
      int32('authorizedOperations', { since: 3, fallback: -2147483648 })
    ])
  ]
})
export type DescribeGroupsResponse = Message<typeof describeGroupsResponse>

export const describeGroupsApi = api({
  key: 15,
  name: 'DescribeGroups',
  request: describeGroupsRequest,
  response: describeGroupsResponse
})
