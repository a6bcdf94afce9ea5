import { api, array, boolean, int16, int32, int64, type Message, message, string, uuid } from '../schema/index.ts'

/** One group in the message itself up to version 7, many from 8. Null topics: all that the group has. */
export const offsetFetchRequest = message({
  name: 'OffsetFetchRequest',
  versions: '1-10',
  flexible: '6+',
  fields: [
    string('groupId', { until: 7 }),
    array('topics', [string('name', { until: 7 }), array('partitionIndexes', 'int32', { until: 7 })], {
      until: 7,
      nullable: '2+'
    }),
    array(
      'groups',
      [
        string('groupId'),
        string('memberId', { since: 9, nullable: '0+', fallback: null, ignorable: true }),
        int32('memberEpoch', { since: 9, fallback: -1, ignorable: true }),
        array(
          'topics',
          [
            string('name', { until: 9, ignorable: true }),
            uuid('topicId', { since: 10, ignorable: true }),
            array('partitionIndexes', 'int32')
          ],
          { nullable: '0+' }
        )
      ],
      { since: 8 }
    ),
    boolean('requireStable', { since: 7, fallback: false })
  ]
})
export type OffsetFetchRequest = Message<typeof offsetFetchRequest>

/** Offset −1 with no error: nothing is committed. */
export const offsetFetchResponse = message({
  name: 'OffsetFetchResponse',
  versions: '1-10',
  flexible: '6+',
  fields: [
    int32('throttleTimeMs', { since: 3, fallback: 0, ignorable: true }),
    array(
      'topics',
      [
        string('name', { until: 7 }),
        array(
          'partitions',
          [
            int32('partitionIndex', { until: 7 }),
            int64('committedOffset', { until: 7 }),
            int32('committedLeaderEpoch', { since: 5, until: 7, fallback: -1, ignorable: true }),
            string('metadata', { until: 7, nullable: '0+' }),
            int16('errorCode', { until: 7 })
          ],
          { until: 7 }
        )
      ],
      { until: 7 }
    ),
    int16('errorCode', { since: 2, until: 7, fallback: 0, ignorable: true }),
    array(
      'groups',
      [
        string('groupId'),
        array('topics', [
          string('name', { until: 9, ignorable: true }),
          uuid('topicId', { since: 10, ignorable: true }),
          array('partitions', [
            int32('partitionIndex'),
            int64('committedOffset'),
            int32('committedLeaderEpoch', { fallback: -1, ignorable: true }),
            string('metadata', { nullable: '0+' }),
            int16('errorCode')
          ])
        ]),
        int16('errorCode', { fallback: 0 })
      ],
      { since: 8 }
    )
  ]
})
export type OffsetFetchResponse = Message<typeof offsetFetchResponse>

export const offsetFetchApi = api({
  key: 9,
  name: 'OffsetFetch',
  request: offsetFetchRequest,
  response: offsetFetchResponse
})
