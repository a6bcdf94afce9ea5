import {
  array,
  bytes,
  fields,
  int8,
  int32,
  int64,
  type Message,
  message,
  string,
  struct,
  uuid
} from '../schema/index.ts'

// The records of `__consumer_offsets`, as Kafka 4 defines them. Keys and values begin with an int16: in a key it says
// what the record is about, in a value it is the version of its shape.

const GROUP = fields(string('groupId'))
const MEMBER = fields(string('groupId'), string('memberId'))
const TOPIC_PARTITIONS = fields(uuid('topicId'), array('partitions', 'int32'))
/** The assignment epochs in which the member got the partitions, in the same order. */
const ASSIGNED_PARTITIONS = fields(
  uuid('topicId'),
  array('partitions', 'int32'),
  array('assignmentEpochs', 'int32', { tag: 0 })
)

function key<const F extends Parameters<typeof message>[0]['fields']>(name: string, keyFields: F) {
  return message({ name, versions: '0', flexible: 'never', fields: keyFields })
}

export const offsetKey = key('OffsetCommitKey', [string('groupId'), string('topic'), int32('partition')])
/** Version 3 is what tools can read; 1 had a time of its own at which the offset expires, 4 is flexible. */
export const offsetValue = message({
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexible: '4+',
  fields: [
    int64('offset'),
    int32('leaderEpoch', { since: 3, fallback: -1, ignorable: true }),
    string('metadata'),
    int64('commitTimestamp'),
    int64('expireTimestamp', { since: 1, until: 1, fallback: -1, ignorable: true }),
    uuid('topicId', { since: 4, tag: 0, ignorable: true })
  ]
})
export type OffsetValue = Message<typeof offsetValue>

export const groupKey = key('GroupKey', GROUP)
export const memberKey = key('GroupMemberKey', MEMBER)
export const regexKey = key('ConsumerGroupRegularExpressionKey', [string('groupId'), string('regularExpression')])

/** A generation of a classic group. Version 3 is the last that tools can read. */
export const classicGroupValue = message({
  name: 'GroupMetadataValue',
  versions: '0-4',
  flexible: '4+',
  fields: [
    string('protocolType'),
    int32('generation'),
    string('protocol', { nullable: '0+' }),
    string('leader', { nullable: '0+' }),
    int64('currentStateTimestamp', { since: 2, fallback: -1, ignorable: true }),
    array('members', [
      string('memberId'),
      string('groupInstanceId', { since: 3, nullable: '0+', fallback: null, ignorable: true }),
      string('clientId'),
      string('clientHost'),
      int32('rebalanceTimeout', { since: 1, fallback: -1, ignorable: true }),
      int32('sessionTimeout'),
      bytes('subscription'),
      bytes('assignment')
    ])
  ]
})
export type ClassicGroupValue = Message<typeof classicGroupValue>

/** Of a group of the consumer protocol (KIP-848). The hash is only ever compared with one of ours, below 2^53. */
export const consumerGroupValue = message({
  name: 'ConsumerGroupMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: [int32('epoch'), int64('metadataHash', { tag: 0, fallback: 0, clamped: true })]
})
export type ConsumerGroupValue = Message<typeof consumerGroupValue>

export const consumerMemberValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: [
    string('instanceId', { nullable: '0+' }),
    string('rackId', { nullable: '0+' }),
    string('clientId'),
    string('clientHost'),
    array('subscribedTopicNames', 'string'),
    string('subscribedTopicRegex', { nullable: '0+' }),
    int32('rebalanceTimeoutMs', { fallback: -1 }),
    string('serverAssignor', { nullable: '0+' }),
    struct(
      'classicMemberMetadata',
      [int32('sessionTimeoutMs'), array('supportedProtocols', [string('name'), bytes('metadata')])],
      { nullable: '0+', tag: 0 }
    )
  ]
})
export type ConsumerMemberValue = Message<typeof consumerMemberValue>

export const targetAssignmentValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  versions: '0',
  flexible: '0+',
  fields: [int32('assignmentEpoch'), int64('assignmentTimestamp', { tag: 0, fallback: 0 })]
})
export type TargetAssignmentValue = Message<typeof targetAssignmentValue>

export const targetMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  versions: '0',
  flexible: '0+',
  fields: [array('topicPartitions', TOPIC_PARTITIONS)]
})
export type TargetMemberValue = Message<typeof targetMemberValue>

export const currentAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: '0',
  flexible: '0+',
  fields: [
    int32('memberEpoch'),
    int32('previousMemberEpoch'),
    int8('state'),
    array('assignedPartitions', ASSIGNED_PARTITIONS),
    array('partitionsPendingRevocation', ASSIGNED_PARTITIONS)
  ]
})
export type CurrentAssignmentValue = Message<typeof currentAssignmentValue>

/** The topics that a regular expression matched in version `version` of the metadata. */
export const regexValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: '0',
  flexible: '0+',
  fields: [array('topics', 'string'), int64('version'), int64('timestamp')]
})
export type RegexValue = Message<typeof regexValue>
