import { api, array, int8, int16, int32, int64, type Message, message, string } from '../schema/index.ts'

/** Offsets by time; negative timestamps are questions of their own (−1 end, −2 start, −3 largest timestamp, …). */
export const listOffsetsRequest = message({
  name: 'ListOffsetsRequest',
  versions: '1-10',
  flexible: '6+',
  fields: [
    int32('replicaId'),
    int8('isolationLevel', { since: 2 }),
    array('topics', [
      string('name'),
      array('partitions', [
        int32('partitionIndex'),
        int32('currentLeaderEpoch', { since: 4, fallback: -1, ignorable: true }),
        int64('timestamp', { clamped: true })
      ])
    ]),
    int32('timeoutMs', { since: 10, ignorable: true })
  ]
})
export type ListOffsetsRequest = Message<typeof listOffsetsRequest>

/** Offset −1 without an error means: there is no such record. */
export const listOffsetsResponse = message({
  name: 'ListOffsetsResponse',
  versions: '1-10',
  flexible: '6+',
  fields: [
    int32('throttleTimeMs', { since: 2, fallback: 0, ignorable: true }),
    array('topics', [
      string('name'),
      array('partitions', [
        int32('partitionIndex'),
        int16('errorCode'),
        int64('timestamp', { fallback: -1 }),
        int64('offset', { fallback: -1 }),
        int32('leaderEpoch', { since: 4, fallback: -1 })
      ])
    ])
  ]
})
export type ListOffsetsResponse = Message<typeof listOffsetsResponse>

export const listOffsetsApi = api({
  key: 2,
  name: 'ListOffsets',
  request: listOffsetsRequest,
  response: listOffsetsResponse
})
