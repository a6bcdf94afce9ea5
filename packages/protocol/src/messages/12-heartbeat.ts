import { api, int16, int32, type Message, message, string } from '../schema/index.ts'

/** Says that a member lives. */
export const heartbeatRequest = message({
  name: 'HeartbeatRequest',
  versions: '0-4',
  flexible: '4+',
  fields: [
    string('groupId'),
    int32('generationId'),
    string('memberId'),
    string('groupInstanceId', { since: 3, nullable: '0+', fallback: null })
  ]
})
export type HeartbeatRequest = Message<typeof heartbeatRequest>

/** REBALANCE_IN_PROGRESS: the member has to join again. */
export const heartbeatResponse = message({
  name: 'HeartbeatResponse',
  versions: '0-4',
  flexible: '4+',
  fields: [int32('throttleTimeMs', { since: 1, fallback: 0, ignorable: true }), int16('errorCode')]
})
export type HeartbeatResponse = Message<typeof heartbeatResponse>

export const heartbeatApi = api({ key: 12, name: 'Heartbeat', request: heartbeatRequest, response: heartbeatResponse })
