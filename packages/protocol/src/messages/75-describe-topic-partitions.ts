import { api, array, boolean, int16, int32, type Message, message, string, struct, uuid } from '../schema/index.ts'

/** Metadata page by page: at most `responsePartitionLimit` partitions from the cursor on (KIP-966). */
export const describeTopicPartitionsRequest = message({
  name: 'DescribeTopicPartitionsRequest',
  versions: '0',
  flexible: '0+',
  fields: [
    array('topics', [string('name')]),
    int32('responsePartitionLimit', { fallback: 2000 }),
    struct('cursor', [string('topicName'), int32('partitionIndex')], { nullable: '0+', fallback: null })
  ]
})
export type DescribeTopicPartitionsRequest = Message<typeof describeTopicPartitionsRequest>

/** The next cursor is null on the last page; the ELR lists are null where the feature is off. */
export const describeTopicPartitionsResponse = message({
  name: 'DescribeTopicPartitionsResponse',
  versions: '0',
  flexible: '0+',
  fields: [
    int32('throttleTimeMs', { fallback: 0, ignorable: true }),
    array('topics', [
      int16('errorCode'),
      string('name', { nullable: '0+' }),
      uuid('topicId', { ignorable: true }),
      boolean('isInternal', { fallback: false, ignorable: true }),
      array('partitions', [
        int16('errorCode'),
        int32('partitionIndex'),
        int32('leaderId'),
        int32('leaderEpoch', { fallback: -1, ignorable: true }),
        array('replicaNodes', 'int32'),
        array('isrNodes', 'int32'),
        array('eligibleLeaderReplicas', 'int32', { nullable: '0+', fallback: null }),
        array('lastKnownElr', 'int32', { nullable: '0+', fallback: null }),
        array('offlineReplicas', 'int32', { ignorable: true })
      ]),
      int32('topicAuthorizedOperations', { fallback: -2147483648 })
    ]),
    struct('nextCursor', [string('topicName'), int32('partitionIndex')], { nullable: '0+', fallback: null })
  ]
})
export type DescribeTopicPartitionsResponse = Message<typeof describeTopicPartitionsResponse>

export const describeTopicPartitionsApi = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  request: describeTopicPartitionsRequest,
  response: describeTopicPartitionsResponse
})
