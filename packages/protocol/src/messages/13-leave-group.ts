import { api, array, int16, int32, type Message, message, string } from '../schema/index.ts'

/** One member up to version 2; many from 3, by member id or by instance id. */
export const leaveGroupRequest = message({
  name: 'LeaveGroupRequest',
  versions: '0-5',
  flexible: '4+',
  fields: [
    string('groupId'),
    string('memberId', { until: 2 }),
    array(
      'members',
      [
        string('memberId'),
        string('groupInstanceId', { nullable: '0+', fallback: null }),
        string('reason', { since: 5, nullable: '0+', fallback: null, ignorable: true })
      ],
      { since: 3 }
    )
  ]
})
export type LeaveGroupRequest = Message<typeof leaveGroupRequest>

/** An error for each member from version 3. */
export const leaveGroupResponse = message({
  name: 'LeaveGroupResponse',
  versions: '0-5',
  flexible: '4+',
  fields: [
    int32('throttleTimeMs', { since: 1, fallback: 0, ignorable: true }),
    int16('errorCode'),
    array('members', [string('memberId'), string('groupInstanceId', { nullable: '0+' }), int16('errorCode')], {
      since: 3
    })
  ]
})
export type LeaveGroupResponse = Message<typeof leaveGroupResponse>

export const leaveGroupApi = api({
  key: 13,
  name: 'LeaveGroup',
  request: leaveGroupRequest,
  response: leaveGroupResponse
})
