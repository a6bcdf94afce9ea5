import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'
import type { TopicPartitions } from './topic-partitions.ts'

/** Member epochs that are none (KIP-848). */
export const JOIN_EPOCH = 0
/** A static member that will be back under the same instance id. */
export const STATIC_LEAVE_EPOCH = -2

/** The version of ConsumerGroupHeartbeat from which on members choose their ids. */
const OWN_MEMBER_ID_VERSION = 1

/** What a member says with a heartbeat. Null, or −1: the same as in the last one. */
export interface ConsumerHeartbeat {
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopics: readonly string[] | null
  readonly subscribedRegex: string | null
  readonly serverAssignor: string | null
  readonly owned: TopicPartitions | null
}

export interface HeartbeatAnswer {
  readonly memberId: string
  readonly memberEpoch: number
  /** 0 for who has left. */
  readonly heartbeatIntervalMs: number
  /** Null: as the member knows it. */
  readonly assignment: TopicPartitions | null
}

/** After a join, or when the member says everything because it is not sure what was heard of it. */
export function isFull({
  memberEpoch,
  rebalanceTimeoutMs,
  subscribedTopics,
  subscribedRegex,
  owned
}: ConsumerHeartbeat) {
  if (memberEpoch === JOIN_EPOCH) return true
  return rebalanceTimeoutMs !== -1 && (subscribedTopics !== null || subscribedRegex !== null) && owned !== null
}

/** Throws CoordinatorRefused for what no member may send, whatever the group is like. Kafka's words. */
export function checkHeartbeat(request: ConsumerHeartbeat, assignors: readonly string[]): void {
  const { memberId, memberEpoch, instanceId, serverAssignor, apiVersion } = request
  if (instanceId?.trim() === '') throw invalid("InstanceId can't be empty.")
  if (request.rackId?.trim() === '') throw invalid("RackId can't be empty.")
  if (memberId.trim() === '' && (apiVersion >= OWN_MEMBER_ID_VERSION || memberEpoch !== JOIN_EPOCH)) {
    throw invalid("MemberId can't be empty.")
  }
  if (memberEpoch < STATIC_LEAVE_EPOCH) throw invalid('MemberEpoch is invalid.')
  if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId === null) throw invalid("InstanceId can't be null.")
  if (memberEpoch === JOIN_EPOCH) checkJoin(request)
  if (serverAssignor === null || assignors.includes(serverAssignor)) return
  const message = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.join(', ')}.`
  throw new CoordinatorRefused('UNSUPPORTED_ASSIGNOR', message)
}

function checkJoin({ rebalanceTimeoutMs, owned, subscribedTopics, subscribedRegex }: ConsumerHeartbeat): void {
  if (rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.')
  if (owned?.size !== 0) throw invalid('TopicPartitions must be empty when (re-)joining.')
  if (subscribedTopics !== null || subscribedRegex !== null) return
  throw invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
}

function invalid(message: string): CoordinatorRefused {
  return new CoordinatorRefused('INVALID_REQUEST', message)
}
