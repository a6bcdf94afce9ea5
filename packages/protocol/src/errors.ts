/** One entry of Kafka's error table. Codes and names are the protocol; the messages are ours. */
export interface ErrorCode {
  readonly code: number
  readonly name: ErrorName
  /** The same request may succeed later or after a metadata refresh; clients retry on their own. */
  readonly retriable: boolean
  /** A sentence for people, to be made specific by whoever has more to say. */
  readonly message: string
}

type Row = readonly [code: number, retriable: 'retriable' | 'final', message: string]

const TABLE = {
  UNKNOWN_SERVER_ERROR: [-1, 'final', 'The broker failed in a way it did not expect; its log says more.'],
  NONE: [0, 'final', 'No error.'],
  OFFSET_OUT_OF_RANGE: [1, 'final', 'The offset lies before the start or after the end of the log.'],
  CORRUPT_MESSAGE: [2, 'retriable', 'The record batch is damaged: its checksum or its length is wrong.'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, 'retriable', 'This broker does not have the topic or partition.'],
  INVALID_FETCH_SIZE: [4, 'final', 'The fetch size is not valid.'],
  LEADER_NOT_AVAILABLE: [5, 'retriable', 'The partition has no leader right now.'],
  NOT_LEADER_OR_FOLLOWER: [6, 'retriable', 'This broker is not the leader, or not a replica, of the partition.'],
  REQUEST_TIMED_OUT: [7, 'retriable', 'The request was not finished within its time-out.'],
  BROKER_NOT_AVAILABLE: [8, 'final', 'The broker is not available.'],
  REPLICA_NOT_AVAILABLE: [9, 'retriable', 'The replica of the partition is not available on this broker.'],
  MESSAGE_TOO_LARGE: [10, 'final', 'The record batch is larger than the topic or the broker allows.'],
  STALE_CONTROLLER_EPOCH: [11, 'final', 'The controller has changed since.'],
  OFFSET_METADATA_TOO_LARGE: [12, 'final', 'The metadata committed with the offset is too long.'],
  NETWORK_EXCEPTION: [13, 'retriable', 'The connection ended before the answer came.'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, 'retriable', 'The coordinator is still loading its state.'],
  COORDINATOR_NOT_AVAILABLE: [15, 'retriable', 'No coordinator is available.'],
  NOT_COORDINATOR: [16, 'retriable', 'This broker is not the coordinator for the group or transactional id.'],
  INVALID_TOPIC_EXCEPTION: [17, 'final', 'The topic name is not valid, or the topic may not be used this way.'],
  RECORD_LIST_TOO_LARGE: [18, 'final', 'The record batch does not fit into one log segment.'],
  NOT_ENOUGH_REPLICAS: [19, 'retriable', 'Fewer replicas are in sync than the topic demands; nothing was written.'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, 'retriable', 'Written, but to fewer in-sync replicas than the topic demands.'],
  INVALID_REQUIRED_ACKS: [21, 'final', 'acks must be -1 (all), 0 or 1.'],
  ILLEGAL_GENERATION: [22, 'final', 'The generation is not the current one of the group.'],
  INCONSISTENT_GROUP_PROTOCOL: [23, 'final', 'The member supports no protocol in common with the group.'],
  INVALID_GROUP_ID: [24, 'final', 'The group id is not valid.'],
  UNKNOWN_MEMBER_ID: [25, 'final', 'The group does not know this member.'],
  INVALID_SESSION_TIMEOUT: [26, 'final', 'The session time-out is outside the range that the broker allows.'],
  REBALANCE_IN_PROGRESS: [27, 'final', 'The group is rebalancing; the member must join again.'],
  INVALID_COMMIT_OFFSET_SIZE: [28, 'final', 'The offset commit is too large.'],
  TOPIC_AUTHORIZATION_FAILED: [29, 'final', 'Not allowed on this topic.'],
  GROUP_AUTHORIZATION_FAILED: [30, 'final', 'Not allowed on this group.'],
  CLUSTER_AUTHORIZATION_FAILED: [31, 'final', 'Not allowed on this cluster.'],
  INVALID_TIMESTAMP: [32, 'final', 'The timestamp of a record is outside the range that the topic allows.'],
  UNSUPPORTED_SASL_MECHANISM: [33, 'final', 'The broker does not offer this SASL mechanism.'],
  ILLEGAL_SASL_STATE: [34, 'final', 'The request does not fit the state of the authentication.'],
  UNSUPPORTED_VERSION: [35, 'final', 'The broker does not support this version of the API.'],
  TOPIC_ALREADY_EXISTS: [36, 'final', 'A topic with this name exists already.'],
  INVALID_PARTITIONS: [37, 'final', 'The number of partitions is not valid.'],
  INVALID_REPLICATION_FACTOR: [38, 'final', 'The replication factor is below 1 or above the number of brokers.'],
  INVALID_REPLICA_ASSIGNMENT: [39, 'final', 'The replica assignment is not valid.'],
  INVALID_CONFIG: [40, 'final', 'The configuration is not valid.'],
  NOT_CONTROLLER: [41, 'retriable', 'This broker is not the controller.'],
  INVALID_REQUEST: [42, 'final', 'The request contradicts itself or holds a value that is not allowed.'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, 'final', 'The format of the stored records does not allow this request.'],
  POLICY_VIOLATION: [44, 'final', 'A policy of the cluster forbids this.'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, 'final', 'The sequence number does not follow the last one of this producer.'],
  DUPLICATE_SEQUENCE_NUMBER: [46, 'final', 'The sequence number has been seen already.'],
  INVALID_PRODUCER_EPOCH: [47, 'final', 'The producer uses an old epoch.'],
  INVALID_TXN_STATE: [48, 'final', 'The state of the transaction does not allow this operation.'],
  INVALID_PRODUCER_ID_MAPPING: [49, 'final', 'The producer id does not belong to this transactional id.'],
  INVALID_TRANSACTION_TIMEOUT: [50, 'final', 'The transaction time-out is above the maximum that the broker allows.'],
  CONCURRENT_TRANSACTIONS: [51, 'retriable', 'An earlier operation on this transaction is still going on.'],
  TRANSACTION_COORDINATOR_FENCED: [52, 'final', 'The transaction coordinator that sent this has been replaced.'],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, 'final', 'Not allowed on this transactional id.'],
  SECURITY_DISABLED: [54, 'final', 'Security is not switched on.'],
  OPERATION_NOT_ATTEMPTED: [55, 'final', 'Not tried, because another part of the request failed.'],
  KAFKA_STORAGE_ERROR: [56, 'retriable', 'The disk that holds the log failed.'],
  LOG_DIR_NOT_FOUND: [57, 'final', 'The broker has no such log directory.'],
  SASL_AUTHENTICATION_FAILED: [58, 'final', 'Authentication failed.'],
  UNKNOWN_PRODUCER_ID: [59, 'final', 'Nothing is known about this producer id.'],
  REASSIGNMENT_IN_PROGRESS: [60, 'final', 'The partition is being moved.'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, 'final', 'Delegation tokens are not switched on.'],
  DELEGATION_TOKEN_NOT_FOUND: [62, 'final', 'The broker does not know this delegation token.'],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, 'final', 'The token belongs to, or may be renewed by, somebody else.'],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, 'final', 'Delegation tokens cannot be asked for over this connection.'],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, 'final', 'Not allowed on this delegation token.'],
  DELEGATION_TOKEN_EXPIRED: [66, 'final', 'The delegation token has expired.'],
  INVALID_PRINCIPAL_TYPE: [67, 'final', 'The type of the principal is not supported.'],
  NON_EMPTY_GROUP: [68, 'final', 'The group still has members.'],
  GROUP_ID_NOT_FOUND: [69, 'final', 'There is no such group.'],
  FETCH_SESSION_ID_NOT_FOUND: [70, 'retriable', 'There is no such fetch session.'],
  INVALID_FETCH_SESSION_EPOCH: [71, 'retriable', 'The epoch of the fetch session is not the expected one.'],
  LISTENER_NOT_FOUND: [72, 'retriable', 'The leader has no listener of the name that this request came in on.'],
  TOPIC_DELETION_DISABLED: [73, 'final', 'Deleting topics is switched off.'],
  FENCED_LEADER_EPOCH: [74, 'retriable', 'The leader epoch of the request is older than the current one.'],
  UNKNOWN_LEADER_EPOCH: [75, 'retriable', 'The leader epoch of the request is newer than the one known here.'],
  UNSUPPORTED_COMPRESSION_TYPE: [76, 'final', 'The compression is not supported by this version of the request.'],
  STALE_BROKER_EPOCH: [77, 'final', 'The broker has registered again since.'],
  OFFSET_NOT_AVAILABLE: [78, 'retriable', 'The new leader does not know its high watermark yet.'],
  MEMBER_ID_REQUIRED: [79, 'final', 'The member must join again with the member id it was given.'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, 'retriable', 'The preferred leader is not available.'],
  GROUP_MAX_SIZE_REACHED: [81, 'final', 'The group has as many members as are allowed.'],
  FENCED_INSTANCE_ID: [82, 'final', 'Another member has taken over this group instance id.'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, 'retriable', 'No replica that may lead the partition is available.'],
  ELECTION_NOT_NEEDED: [84, 'retriable', 'The partition has the wanted leader already.'],
  NO_REASSIGNMENT_IN_PROGRESS: [85, 'final', 'The partition is not being moved.'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, 'final', 'The group is still subscribed to the topic.'],
  INVALID_RECORD: [87, 'final', 'A record or its batch breaks a rule of the format or of the topic.'],
  UNSTABLE_OFFSET_COMMIT: [88, 'retriable', 'An offset commit of an open transaction is pending.'],
  THROTTLING_QUOTA_EXCEEDED: [89, 'retriable', 'The quota is used up; wait and try again.'],
  PRODUCER_FENCED: [90, 'final', 'A newer producer uses the same transactional id.'],
  RESOURCE_NOT_FOUND: [91, 'final', 'The named resource does not exist.'],
  DUPLICATE_RESOURCE: [92, 'final', 'The request names the same resource twice.'],
  UNACCEPTABLE_CREDENTIAL: [93, 'final', 'The credential does not meet the requirements.'],
  INCONSISTENT_VOTER_SET: [94, 'final', 'Sender or receiver is not a voter of the quorum.'],
  INVALID_UPDATE_VERSION: [95, 'final', 'The version of the update is not valid.'],
  FEATURE_UPDATE_FAILED: [96, 'final', 'The features could not be updated.'],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, 'final', 'The forwarded principal could not be read.'],
  SNAPSHOT_NOT_FOUND: [98, 'final', 'There is no such snapshot.'],
  POSITION_OUT_OF_RANGE: [99, 'final', 'The position lies outside the snapshot.'],
  UNKNOWN_TOPIC_ID: [100, 'retriable', 'This broker does not have a topic with this id.'],
  DUPLICATE_BROKER_REGISTRATION: [101, 'final', 'A live broker uses this id.'],
  BROKER_ID_NOT_REGISTERED: [102, 'final', 'No broker is registered under this id.'],
  INCONSISTENT_TOPIC_ID: [103, 'retriable', 'The topic has another id than the request says.'],
  INCONSISTENT_CLUSTER_ID: [104, 'final', 'The request is meant for another cluster.'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, 'final', 'There is no such transactional id.'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, 'retriable', 'The fetch session changed between topic names and topic ids.'],
  INELIGIBLE_REPLICA: [107, 'final', 'A replica of the new in-sync set may not be in it.'],
  NEW_LEADER_ELECTED: [108, 'final', 'The change was made, and the leader has moved.'],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, 'final', 'The offset is in tiered storage only.'],
  FENCED_MEMBER_EPOCH: [110, 'final', 'The member epoch is fenced; the member must give up its partitions and rejoin.'],
  UNRELEASED_INSTANCE_ID: [111, 'final', 'Another member still holds this group instance id.'],
  UNSUPPORTED_ASSIGNOR: [112, 'final', 'The group does not support this assignor.'],
  STALE_MEMBER_EPOCH: [113, 'final', 'The member epoch is old; retry with the one from the next heartbeat.'],
  MISMATCHED_ENDPOINT_TYPE: [114, 'final', 'The request went to the wrong kind of endpoint.'],
  UNSUPPORTED_ENDPOINT_TYPE: [115, 'final', 'This kind of endpoint is not supported.'],
  UNKNOWN_CONTROLLER_ID: [116, 'final', 'There is no controller with this id.'],
  UNKNOWN_SUBSCRIPTION_ID: [117, 'final', 'The telemetry subscription is unknown or old.'],
  TELEMETRY_TOO_LARGE: [118, 'final', 'The telemetry is larger than the broker accepts.'],
  INVALID_REGISTRATION: [119, 'final', 'The broker registration is not valid.'],
  TRANSACTION_ABORTABLE: [120, 'final', 'The transaction failed and must be aborted.'],
  INVALID_RECORD_STATE: [121, 'final', 'The state of the record does not allow this acknowledgement.'],
  SHARE_SESSION_NOT_FOUND: [122, 'retriable', 'There is no such share session.'],
  INVALID_SHARE_SESSION_EPOCH: [123, 'retriable', 'The epoch of the share session is not the expected one.'],
  FENCED_STATE_EPOCH: [124, 'final', 'The state epoch of the share group is not the current one.'],
  INVALID_VOTER_KEY: [125, 'final', 'The voter key is not that of the receiving replica.'],
  DUPLICATE_VOTER: [126, 'final', 'The voter is in the quorum already.'],
  VOTER_NOT_FOUND: [127, 'final', 'The voter is not in the quorum.'],
  INVALID_REGULAR_EXPRESSION: [128, 'final', 'The regular expression is not valid.'],
  REBOOTSTRAP_REQUIRED: [129, 'final', 'What the client knows of the cluster is old; it must bootstrap again.'],
  STREAMS_INVALID_TOPOLOGY: [130, 'final', 'The topology is not valid.'],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, 'final', 'The epoch of the topology is not valid.'],
  STREAMS_TOPOLOGY_FENCED: [132, 'final', 'The epoch of the topology is old.'],
  SHARE_SESSION_LIMIT_REACHED: [133, 'retriable', 'There are as many share sessions as are allowed.']
} as const satisfies Readonly<Record<string, Row>>

export type ErrorName = keyof typeof TABLE

/** The error table by name: `Errors.NONE.code`. */
export const Errors: { readonly [Name in ErrorName]: ErrorCode } = build()

const byCode: ReadonlyMap<number, ErrorCode> = new Map(Object.values(Errors).map(error => [error.code, error]))

/** The entry of a code; UNKNOWN_SERVER_ERROR for a code that is not in the table (a newer peer). */
export function errorByCode(code: number): ErrorCode {
  return byCode.get(code) ?? Errors.UNKNOWN_SERVER_ERROR
}

function build(): Record<ErrorName, ErrorCode> {
  const entries = Object.entries<Row>(TABLE).map(([name, [code, retriable, message]]) => [
    name,
    Object.freeze({ code, name, retriable: retriable === 'retriable', message })
  ])
  return Object.freeze(Object.fromEntries(entries)) as Record<ErrorName, ErrorCode>
}
