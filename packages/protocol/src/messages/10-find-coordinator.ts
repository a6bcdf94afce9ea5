import { api, array, int8, int16, int32, type Message, message, string } from '../schema/index.ts'

/** One key up to version 3, many keys from 4. Key types: 0 group, 1 transactional id, 2 share group. */
export const findCoordinatorRequest = message({
  name: 'FindCoordinatorRequest',
  versions: '0-6',
  flexible: '3+',
  fields: [
    string('key', { until: 3 }),
    int8('keyType', { since: 1, fallback: 0 }),
    array('coordinatorKeys', 'string', { since: 4 })
  ]
})
export type FindCoordinatorRequest = Message<typeof findCoordinatorRequest>

/** One coordinator in the message itself up to version 3, a list from 4. */
export const findCoordinatorResponse = message({
  name: 'FindCoordinatorResponse',
  versions: '0-6',
  flexible: '3+',
  fields: [
    int32('throttleTimeMs', { since: 1, fallback: 0, ignorable: true }),
    int16('errorCode', { until: 3 }),
    string('errorMessage', { since: 1, until: 3, nullable: '0+', ignorable: true }),
    int32('nodeId', { until: 3 }),
    string('host', { until: 3 }),
    int32('port', { until: 3 }),
    array(
      'coordinators',
      [
        string('key'),
        int32('nodeId'),
        string('host'),
        int32('port'),
        int16('errorCode'),
        string('errorMessage', { nullable: '0+', ignorable: true })
      ],
      { since: 4 }
    )
  ]
})
export type FindCoordinatorResponse = Message<typeof findCoordinatorResponse>

export const findCoordinatorApi = api({
  key: 10,
  name: 'FindCoordinator',
  request: findCoordinatorRequest,
  response: findCoordinatorResponse
})
