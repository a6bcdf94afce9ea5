import {
  api,
  array,
  int8,
  int16,
  int32,
  int64,
  type Message,
  message,
  records,
  string,
  struct,
  uuid
} from '../schema/index.ts'

/**
 * Long poll for record batches. From version 13 topics are known by id only; from 15 a replica names itself in the
 * tagged `replicaState`. `fetchOffset` is clamped so that an absurd one is answered OFFSET_OUT_OF_RANGE.
 */
export const fetchRequest = message({
  name: 'FetchRequest',
  versions: '4-17',
  flexible: '12+',
  fields: [
    string('clusterId', { since: 12, nullable: '0+', tag: 0, fallback: null, ignorable: true }),
    int32('replicaId', { until: 14, fallback: -1 }),
    struct('replicaState', [int32('replicaId', { fallback: -1 }), int64('replicaEpoch', { fallback: -1 })], {
      since: 15,
      tag: 1
    }),
    int32('maxWaitMs'),
    int32('minBytes'),
    int32('maxBytes', { fallback: 0x7fffffff, ignorable: true }),
    int8('isolationLevel', { fallback: 0, ignorable: true }),
    int32('sessionId', { since: 7, fallback: 0, ignorable: true }),
    int32('sessionEpoch', { since: 7, fallback: -1, ignorable: true }),
    array('topics', [
      string('topic', { until: 12, ignorable: true }),
      uuid('topicId', { since: 13, ignorable: true }),
      array('partitions', [
        int32('partition'),
        int32('currentLeaderEpoch', { since: 9, fallback: -1, ignorable: true }),
        int64('fetchOffset', { clamped: true }),
        int32('lastFetchedEpoch', { since: 12, fallback: -1 }),
        int64('logStartOffset', { since: 5, fallback: -1, ignorable: true }),
        int32('partitionMaxBytes'),
        uuid('replicaDirectoryId', { since: 17, tag: 0, ignorable: true })
      ])
    ]),
    array(
      'forgottenTopicsData',
      [
        string('topic', { until: 12, ignorable: true }),
        uuid('topicId', { since: 13, ignorable: true }),
        array('partitions', 'int32')
      ],
      { since: 7 }
    ),
    string('rackId', { since: 11, fallback: '', ignorable: true })
  ]
})
export type FetchRequest = Message<typeof fetchRequest>

/** `abortedTransactions` is null for read_uncommitted. Empty `records` are sent with length 0, not as null. */
export const fetchResponse = message({
  name: 'FetchResponse',
  versions: '4-17',
  flexible: '12+',
  fields: [
    int32('throttleTimeMs', { fallback: 0, ignorable: true }),
    int16('errorCode', { since: 7, ignorable: true }),
    int32('sessionId', { since: 7, fallback: 0 }),
    array('responses', [
      string('topic', { until: 12, ignorable: true }),
      uuid('topicId', { since: 13, ignorable: true }),
      array('partitions', [
        int32('partitionIndex'),
        int16('errorCode'),
        int64('highWatermark'),
        int64('lastStableOffset', { fallback: -1, ignorable: true }),
        int64('logStartOffset', { since: 5, fallback: -1, ignorable: true }),
        struct('divergingEpoch', [int32('epoch', { fallback: -1 }), int64('endOffset', { fallback: -1 })], {
          since: 12,
          tag: 0
        }),
        struct('currentLeader', [int32('leaderId', { fallback: -1 }), int32('leaderEpoch', { fallback: -1 })], {
          since: 12,
          tag: 1
        }),
        struct('snapshotId', [int64('endOffset', { fallback: -1 }), int32('epoch', { fallback: -1 })], {
          since: 12,
          tag: 2
        }),
        array('abortedTransactions', [int64('producerId'), int64('firstOffset')], { nullable: '0+', ignorable: true }),
        int32('preferredReadReplica', { since: 11, fallback: -1 }),
        records('records', { nullable: '0+' })
      ])
    ]),
    array(
      'nodeEndpoints',
      [int32('nodeId'), string('host'), int32('port'), string('rack', { nullable: '0+', fallback: null })],
      { since: 16, tag: 0 }
    )
  ]
})
export type FetchResponse = Message<typeof fetchResponse>

export const fetchApi = api({ key: 1, name: 'Fetch', request: fetchRequest, response: fetchResponse })
