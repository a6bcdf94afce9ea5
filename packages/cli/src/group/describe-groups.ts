import {
  type ConsumerGroupDescribeResponse,
  consumerGroupDescribeApi,
  type DescribeGroupsResponse,
  describeGroupsApi,
  Errors,
  errorByCode
} from '@streambus/protocol'
import type { TopicPartitions } from '@streambus/protocol/consumer-protocol'
import { BrokerError, type ClusterClient, type Connection } from '@streambus/wire-client'
import { readAssignment } from './assignment.ts'
import { fromCoordinators } from './coordinators.ts'

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  /** As Kafka's tools print it, with Java's slash in front. */
  readonly host: string
  /** Null: a protocol that we cannot read; `assignmentBytes` is all that is known. */
  readonly assignment: readonly TopicPartitions[] | null
  readonly assignmentBytes: number
  /** Consumer protocol only: where the member is to arrive, and with which epoch it is there. */
  readonly target: readonly TopicPartitions[] | null
  readonly epoch: number | null
}

export interface GroupDescription {
  readonly groupId: string
  readonly type: 'classic' | 'consumer'
  /** Kafka's names: Stable, Empty, PreparingRebalance, … */
  readonly state: string
  /** 'consumer', 'connect', …; empty for a group that only stores offsets. */
  readonly protocolType: string
  /** The assignor; empty while there is none. */
  readonly assignor: string
  readonly coordinator: number
  /** Consumer protocol only. */
  readonly epoch: number | null
  readonly assignmentEpoch: number | null
  readonly members: readonly GroupMember[]
}

/** The group, or why it cannot be told about: usually GROUP_ID_NOT_FOUND. */
export type Described =
  | { readonly groupId: string; readonly group: GroupDescription; readonly error: null }
  | { readonly groupId: string; readonly group: null; readonly error: BrokerError }

type ClassicAnswer = DescribeGroupsResponse['groups'][number]
type ConsumerAnswer = ConsumerGroupDescribeResponse['groups'][number]

/**
 * Describes groups of both protocols, in no order. Brokers that know the consumer protocol (KIP-848) are asked for that
 * first, because DescribeGroups shows such groups as dead. Errors of single groups are left to the caller, after those
 * that may pass were tried again.
 */
export function describeGroups(cluster: ClusterClient, groupIds: readonly string[]): Promise<Described[]> {
  return fromCoordinators(cluster, groupIds, async (connection, { nodeId, groupIds: asked }) => {
    const consumer = await describeConsumer(connection, asked)
    const found = consumer
      .filter(({ errorCode }) => errorCode !== Errors.GROUP_ID_NOT_FOUND.code)
      .map(answer => describedOf(answer, () => fromConsumer(answer, nodeId)))
    const known = new Set(found.map(({ groupId }) => groupId))
    const rest = asked.filter(groupId => !known.has(groupId))
    if (rest.length === 0) return found
    const { groups } = await connection.send(describeGroupsApi, { groups: rest })
    return [...found, ...groups.map(answer => describedClassic(answer, nodeId))]
  })
}

/** The error of a group that does not exist. */
export function unknownGroup(groupId: string): BrokerError {
  const detail = 'does not exist; `streambus group list` shows those that do'
  return new BrokerError(Errors.GROUP_ID_NOT_FOUND, `group ${groupId}`, detail)
}

export function isUnknownGroup({ error }: Described): boolean {
  return error?.code === Errors.GROUP_ID_NOT_FOUND.code
}

async function describeConsumer(
  connection: Connection,
  groupIds: readonly string[]
): Promise<readonly ConsumerAnswer[]> {
  if (connection.versionOf(consumerGroupDescribeApi) === null) return []
  const request = { groupIds: [...groupIds], includeAuthorizedOperations: false }
  const { groups } = await connection.send(consumerGroupDescribeApi, request)
  // A broker that speaks the API but has the protocol switched off refuses it for each group.
  return groups.filter(({ errorCode }) => errorCode !== Errors.UNSUPPORTED_VERSION.code)
}

function describedClassic(answer: ClassicAnswer, nodeId: number): Described {
  const { groupId, errorCode, groupState } = answer
  const isUnknown = errorCode === Errors.GROUP_ID_NOT_FOUND.code || (errorCode === 0 && groupState === 'Dead')
  if (isUnknown) return { groupId, group: null, error: unknownGroup(groupId) }
  return describedOf(answer, () => fromClassic(answer, nodeId))
}

function describedOf(
  { groupId, errorCode, errorMessage }: ClassicAnswer | ConsumerAnswer,
  group: () => GroupDescription
): Described {
  if (errorCode === 0) return { groupId, group: group(), error: null }
  const error = new BrokerError(errorByCode(errorCode), `group ${groupId}`, errorMessage)
  if (error.retriable) throw error
  return { groupId, group: null, error }
}

function fromClassic(answer: ClassicAnswer, coordinator: number): GroupDescription {
  const { groupId, groupState, protocolType, protocolData } = answer
  const isConsumer = protocolType === 'consumer' || protocolType === ''
  return {
    groupId,
    type: 'classic',
    state: groupState,
    protocolType,
    assignor: protocolData,
    coordinator,
    epoch: null,
    assignmentEpoch: null,
    members: answer.members.map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => ({
      memberId,
      instanceId: groupInstanceId,
      clientId,
      host: clientHost,
      assignment: isConsumer ? readAssignment(memberAssignment) : null,
      assignmentBytes: memberAssignment.length,
      target: null,
      epoch: null
    }))
  }
}

function fromConsumer(answer: ConsumerAnswer, coordinator: number): GroupDescription {
  const { groupId, groupState, assignorName, groupEpoch, assignmentEpoch } = answer
  return {
    groupId,
    type: 'consumer',
    state: groupState,
    protocolType: 'consumer',
    assignor: assignorName,
    coordinator,
    epoch: groupEpoch,
    assignmentEpoch,
    members: answer.members.map(({ memberId, instanceId, clientId, clientHost, ...member }) => ({
      memberId,
      instanceId,
      clientId,
      host: clientHost,
      assignment: topicPartitions(member.assignment),
      assignmentBytes: 0,
      target: topicPartitions(member.targetAssignment),
      epoch: member.memberEpoch
    }))
  }
}

function topicPartitions({ topicPartitions: all }: ConsumerAnswer['members'][number]['assignment']): TopicPartitions[] {
  return all.map(({ topicName, partitions }) => ({
    topic: topicName,
    partitions: [...partitions].sort((a, b) => a - b)
  }))
}
