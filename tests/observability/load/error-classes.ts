/**
 * Whose fault errors are, as a reader of Kafka's table of errors would say it: written apart from the broker's classes
 * on purpose, because a tally that shared them would share their mistakes. Only what this load can provoke.
 */
const SERVER = new Set([
  'UNKNOWN_SERVER_ERROR',
  'KAFKA_STORAGE_ERROR',
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'COORDINATOR_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE'
])
/** "Retriable" in Kafka's table, and the two by which members of groups are asked to join again. */
const RETRIABLE = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_COORDINATOR',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'REBALANCE_IN_PROGRESS',
  'MEMBER_ID_REQUIRED'
])
const CLIENT = new Set([
  'OFFSET_OUT_OF_RANGE',
  'CORRUPT_MESSAGE',
  'MESSAGE_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REQUIRED_ACKS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_MEMBER_EPOCH',
  'GROUP_ID_NOT_FOUND',
  'TOPIC_ALREADY_EXISTS',
  'INVALID_REQUEST',
  'UNSUPPORTED_VERSION',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'
])

/** Null: an error that is not in these lists, about which nothing is expected. */
export function errorClassOf(error: string): 'server' | 'client' | 'retriable' | null {
  if (SERVER.has(error)) return 'server'
  if (RETRIABLE.has(error)) return 'retriable'
  return CLIENT.has(error) ? 'client' : null
}

export function isServersFault(error: string): boolean {
  return SERVER.has(error)
}
