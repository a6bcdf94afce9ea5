import { api, array, int16, int32, type Message, message, string, struct, uuid } from '../schema/index.ts'

/** Epoch 0 joins, −1 leaves, −2 leaves for a while (static members). Null: as in the last heartbeat (KIP-848). */
export const consumerGroupHeartbeatRequest = message({
  name: 'ConsumerGroupHeartbeatRequest',
  versions: '0-1',
  flexible: '0+',
  fields: [
    string('groupId'),
    string('memberId'),
    int32('memberEpoch'),
    string('instanceId', { nullable: '0+', fallback: null }),
    string('rackId', { nullable: '0+', fallback: null }),
    int32('rebalanceTimeoutMs', { fallback: -1 }),
    array('subscribedTopicNames', 'string', { nullable: '0+', fallback: null }),
    string('subscribedTopicRegex', { since: 1, nullable: '0+', fallback: null }),
    string('serverAssignor', { nullable: '0+', fallback: null }),
    array('topicPartitions', [uuid('topicId'), array('partitions', 'int32')], { nullable: '0+', fallback: null })
  ]
})
export type ConsumerGroupHeartbeatRequest = Message<typeof consumerGroupHeartbeatRequest>

/** The assignment is null when it has not changed. */
export const consumerGroupHeartbeatResponse = message({
  name: 'ConsumerGroupHeartbeatResponse',
  versions: '0-1',
  flexible: '0+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    int16('errorCode'),
    string('errorMessage', { nullable: '0+', fallback: null }),
    string('memberId', { nullable: '0+', fallback: null }),
    int32('memberEpoch'),
    int32('heartbeatIntervalMs'),
    struct('assignment', [array('topicPartitions', [uuid('topicId'), array('partitions', 'int32')])], {
      nullable: '0+',
      fallback: null
    })
  ]
})
export type ConsumerGroupHeartbeatResponse = Message<typeof consumerGroupHeartbeatResponse>

export const consumerGroupHeartbeatApi = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  request: consumerGroupHeartbeatRequest,
  response: consumerGroupHeartbeatResponse
})
