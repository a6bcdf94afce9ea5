import { api, array, boolean, bytes, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Metadata is opaque to the broker. Without a rebalance timeout (version 0) the session timeout is it. */
export const joinGroupRequest = message({
  name: 'JoinGroupRequest',
  versions: '0-9',
  flexible: '6+',
  fields: [
    string('groupId'),
    int32('sessionTimeoutMs'),
    int32('rebalanceTimeoutMs', { since: 1, fallback: -1, ignorable: true }),
    string('memberId'),
    string('groupInstanceId', { since: 5, nullable: '0+', fallback: null }),
    string('protocolType'),
    array('protocols', [string('name'), bytes('metadata')]),
    string('reason', { since: 8, nullable: '0+', fallback: null, ignorable: true })
  ]
})
export type JoinGroupRequest = Message<typeof joinGroupRequest>

/** Only the leader gets the members. */
export const joinGroupResponse = message({
  name: 'JoinGroupResponse',
  versions: '0-9',
  flexible: '6+',
  fields: [
    int32('throttleTimeMs', { since: 2, fallback: 0, ignorable: true }),
    int16('errorCode'),
    int32('generationId', { fallback: -1 }),
    string('protocolType', { since: 7, nullable: '0+', fallback: null, ignorable: true }),
    string('protocolName', { nullable: '7+' }),
    string('leader'),
    boolean('skipAssignment', { since: 9, fallback: false }),
    string('memberId'),
    array('members', [
      string('memberId'),
      string('groupInstanceId', { since: 5, nullable: '0+', fallback: null, ignorable: true }),
      bytes('metadata')
    ])
  ]
})
export type JoinGroupResponse = Message<typeof joinGroupResponse>

export const joinGroupApi = api({ key: 11, name: 'JoinGroup', request: joinGroupRequest, response: joinGroupResponse })
