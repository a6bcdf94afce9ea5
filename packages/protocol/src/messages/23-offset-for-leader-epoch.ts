import { api, array, int16, int32, int64, type Message, message, string } from '../schema/index.ts'

/** Where an epoch ended, for truncation and log-loss detection. Replica −2 is a debugging consumer, −1 a consumer. */
export const offsetForLeaderEpochRequest = message({
  name: 'OffsetForLeaderEpochRequest',
  versions: '2-4',
  flexible: '4+',
  fields: [
    int32('replicaId', { since: 3, fallback: -2, ignorable: true }),
    array('topics', [
      string('topic'),
      array('partitions', [
        int32('partition'),
        int32('currentLeaderEpoch', { fallback: -1, ignorable: true }),
        int32('leaderEpoch')
      ])
    ])
  ]
})
export type OffsetForLeaderEpochRequest = Message<typeof offsetForLeaderEpochRequest>

/** Epoch and end offset −1 without an error: nothing is known about that epoch. */
export const offsetForLeaderEpochResponse = message({
  name: 'OffsetForLeaderEpochResponse',
  versions: '2-4',
  flexible: '4+',
  fields: [
    int32('throttleTimeMs', { fallback: 0, ignorable: true }),
    array('topics', [
      string('topic'),
      array('partitions', [
        int16('errorCode'),
        int32('partition'),
        int32('leaderEpoch', { fallback: -1, ignorable: true }),
        int64('endOffset', { fallback: -1 })
      ])
    ])
  ]
})
export type OffsetForLeaderEpochResponse = Message<typeof offsetForLeaderEpochResponse>

export const offsetForLeaderEpochApi = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  request: offsetForLeaderEpochRequest,
  response: offsetForLeaderEpochResponse
})
