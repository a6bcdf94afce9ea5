import {
  api,
  array,
  boolean,
  int8,
  int16,
  int32,
  type Message,
  message,
  string,
  struct,
  uuid
} from '../schema/index.ts'

/** Groups of the consumer protocol (KIP-848). */
export const consumerGroupDescribeRequest = message({
  name: 'ConsumerGroupDescribeRequest',
  versions: '0-1',
  flexible: '0+',
  fields: [array('groupIds', 'string'), boolean('includeAuthorizedOperations')]
})
export type ConsumerGroupDescribeRequest = Message<typeof consumerGroupDescribeRequest>

/** Member type: −1 unknown, 0 classic, 1 consumer. */
export const consumerGroupDescribeResponse = message({
  name: 'ConsumerGroupDescribeResponse',
  versions: '0-1',
  flexible: '0+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    array('groups', [
      int16('errorCode'),
      string('errorMessage', { nullable: '0+', fallback: null }),
      string('groupId'),
      string('groupState'),
      int32('groupEpoch'),
      int32('assignmentEpoch'),
      string('assignorName'),
      array('members', [
        string('memberId'),
        string('instanceId', { nullable: '0+', fallback: null }),
        string('rackId', { nullable: '0+', fallback: null }),
        int32('memberEpoch'),
        string('clientId'),
        string('clientHost'),
        array('subscribedTopicNames', 'string'),
        string('subscribedTopicRegex', { nullable: '0+', fallback: null }),
        struct('assignment', [
          array('topicPartitions', [uuid('topicId'), string('topicName'), array('partitions', 'int32')])
        ]),
        struct('targetAssignment', [
          array('topicPartitions', [uuid('topicId'), string('topicName'), array('partitions', 'int32')])
        ]),
        int8('memberType', { since: 1, fallback: -1, ignorable: true })
      ]),
      int32('authorizedOperations', { fallback: -2147483648 })
    ])
  ]
})
export type ConsumerGroupDescribeResponse = Message<typeof consumerGroupDescribeResponse>

export const consumerGroupDescribeApi = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  request: consumerGroupDescribeRequest,
  response: consumerGroupDescribeResponse
})
