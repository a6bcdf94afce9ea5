import { api, array, bytes, int16, int32, type Message, message, string } from '../schema/index.ts'

/** The leader brings everybody's assignment, the others an empty list. */
export const syncGroupRequest = message({
  name: 'SyncGroupRequest',
  versions: '0-5',
  flexible: '4+',
  fields: [
    string('groupId'),
    int32('generationId'),
    string('memberId'),
    string('groupInstanceId', { since: 3, nullable: '0+', fallback: null }),
    string('protocolType', { since: 5, nullable: '0+', fallback: null, ignorable: true }),
    string('protocolName', { since: 5, nullable: '0+', fallback: null, ignorable: true }),
    array('assignments', [string('memberId'), bytes('assignment')])
  ]
})
export type SyncGroupRequest = Message<typeof syncGroupRequest>

/** The member's assignment, opaque to the broker. */
export const syncGroupResponse = message({
  name: 'SyncGroupResponse',
  versions: '0-5',
  flexible: '4+',
  fields: [
    int32('throttleTimeMs', { since: 1, fallback: 0, ignorable: true }),
    int16('errorCode'),
    string('protocolType', { since: 5, nullable: '0+', fallback: null, ignorable: true }),
    string('protocolName', { since: 5, nullable: '0+', fallback: null, ignorable: true }),
    bytes('assignment')
  ]
})
export type SyncGroupResponse = Message<typeof syncGroupResponse>

export const syncGroupApi = api({ key: 14, name: 'SyncGroup', request: syncGroupRequest, response: syncGroupResponse })
