import { api, array, int16, int32, int64, type Message, message, string, uuid } from '../schema/index.ts'

/** Offsets of one group. Generation −1 without a member id: not as a member. Names up to version 9, ids from 10. */
export const offsetCommitRequest = message({
  name: 'OffsetCommitRequest',
  versions: '2-10',
  flexible: '8+',
  fields: [
    string('groupId'),
    int32('generationIdOrMemberEpoch', { fallback: -1, ignorable: true }),
    string('memberId', { ignorable: true }),
    string('groupInstanceId', { since: 7, nullable: '0+', fallback: null }),
    int64('retentionTimeMs', { until: 4, fallback: -1, ignorable: true }),
    array('topics', [
      string('name', { until: 9, ignorable: true }),
      uuid('topicId', { since: 10, ignorable: true }),
      array('partitions', [
        int32('partitionIndex'),
        int64('committedOffset'),
        int32('committedLeaderEpoch', { since: 6, fallback: -1, ignorable: true }),
        string('committedMetadata', { nullable: '0+' })
      ])
    ])
  ]
})
export type OffsetCommitRequest = Message<typeof offsetCommitRequest>

/** An error for each partition; there is none for the whole. */
export const offsetCommitResponse = message({
  name: 'OffsetCommitResponse',
  versions: '2-10',
  flexible: '8+',
  fields: [
    int32('throttleTimeMs', { since: 3, fallback: 0, ignorable: true }),
    array('topics', [
      string('name', { until: 9, ignorable: true }),
      uuid('topicId', { since: 10, ignorable: true }),
      array('partitions', [int32('partitionIndex'), int16('errorCode')])
    ])
  ]
})
export type OffsetCommitResponse = Message<typeof offsetCommitResponse>

export const offsetCommitApi = api({
  key: 8,
  name: 'OffsetCommit',
  request: offsetCommitRequest,
  response: offsetCommitResponse
})
