import { Errors, errorByCode, offsetCommitApi, offsetFetchApi } from '@streambus/protocol'
import { BrokerError, type ClusterClient, type Connection } from '@streambus/wire-client'
import { check } from '../answers.ts'
import { fromCoordinators } from './coordinators.ts'

/** A partition and an offset in it. */
export interface PartitionOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface GroupOffsets {
  readonly groupId: string
  readonly offsets: readonly PartitionOffset[]
}

/** Later versions name topics by id, which tells nothing about topics that are gone. */
const NAMES_VERSION_MAX = 9
const MANY_GROUPS_VERSION = 8
const WHOLE_GROUP_VERSION = 2

/** Everything that the groups have committed, also in topics that are gone. Nothing for a group that does not exist. */
export function fetchCommitted(cluster: ClusterClient, groupIds: readonly string[]): Promise<GroupOffsets[]> {
  return fromCoordinators(cluster, groupIds, (connection, { groupIds: asked }) => fetchFrom(connection, asked))
}

async function fetchFrom(connection: Connection, groupIds: readonly string[]): Promise<GroupOffsets[]> {
  const version = Math.min(connection.requireVersion(offsetFetchApi), NAMES_VERSION_MAX)
  if (version < WHOLE_GROUP_VERSION) {
    throw new Error('the broker cannot list all offsets of a group (OffsetFetch v2, Kafka 0.10.2); use a newer broker')
  }
  if (version >= MANY_GROUPS_VERSION) {
    const asked = groupIds.map(groupId => ({ groupId, topics: null }))
    const { groups } = await connection.send(offsetFetchApi, { topics: [], groups: asked }, { version })
    return groups.map(({ groupId, topics, errorCode }) => groupOffsets(groupId, topics, errorCode))
  }
  const found: GroupOffsets[] = []
  for (const groupId of groupIds) {
    const { topics, errorCode } = await connection.send(
      offsetFetchApi,
      { groupId, topics: null, groups: [] },
      { version }
    )
    found.push(groupOffsets(groupId, topics, errorCode))
  }
  return found
}

interface TopicOffsets {
  readonly name: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly errorCode: number
  }[]
}

function groupOffsets(groupId: string, topics: readonly TopicOffsets[], errorCode: number): GroupOffsets {
  check(`offsets of group ${groupId}`, { errorCode })
  const offsets: PartitionOffset[] = []
  for (const { name: topic, partitions } of topics) {
    for (const { partitionIndex: partition, committedOffset: offset, errorCode: code } of partitions) {
      check(`offset of group ${groupId} in partition ${partition} of ${topic}`, { errorCode: code })
      if (offset >= 0) offsets.push({ topic, partition, offset })
    }
  }
  return { groupId, offsets }
}

/**
 * Commits for a group without members. Returns those that were refused with their error; the others are durable. Throws
 * BrokerError when all of it is refused because somebody has joined meanwhile.
 */
export async function commitOffsets(
  cluster: ClusterClient,
  groupId: string,
  offsets: readonly PartitionOffset[]
): Promise<(PartitionOffset & { readonly error: BrokerError })[]> {
  const byPartition = new Map(offsets.map(each => [`${each.topic}-${each.partition}`, each]))
  return fromCoordinators(cluster, [groupId], async connection => {
    const version = Math.min(connection.requireVersion(offsetCommitApi), NAMES_VERSION_MAX)
    const body = { groupId, memberId: '', topics: byTopic(offsets) }
    const { topics } = await connection.send(offsetCommitApi, body, { version })
    return topics.flatMap(({ name, partitions }) =>
      partitions.flatMap(({ partitionIndex, errorCode }) => {
        const offset = byPartition.get(`${name}-${partitionIndex}`)
        if (errorCode === 0 || offset === undefined) return []
        const isJoined = errorCode === Errors.UNKNOWN_MEMBER_ID.code
        const detail = isJoined ? 'a member has joined meanwhile; stop it and try again' : null
        const what = `group ${groupId}, partition ${partitionIndex} of ${name}`
        const error = new BrokerError(errorByCode(errorCode), what, detail)
        // The whole commit is repeated: writing the same offset again changes nothing.
        if (isJoined || error.retriable) throw error
        return [{ ...offset, error }]
      })
    )
  })
}

function byTopic(offsets: readonly PartitionOffset[]) {
  const topics = Map.groupBy(offsets, ({ topic }) => topic)
  return [...topics].map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: ''
    }))
  }))
}
