import { Errors, errorByCode, listOffsetsApi, type MetadataResponse } from '@streambus/protocol'
import { BrokerError, type ClusterClient } from '@streambus/wire-client'

/** Partitions by topic. */
export type Partitions = ReadonlyMap<string, readonly number[]>

/** Offsets of partitions; those that do not exist or have no leader are not in it. */
export class LogOffsets {
  readonly #byTopic = new Map<string, Map<number, number>>()

  set(topic: string, partition: number, offset: number): void {
    const partitions = this.#byTopic.get(topic)
    if (partitions === undefined) this.#byTopic.set(topic, new Map([[partition, offset]]))
    else partitions.set(partition, offset)
  }

  get(topic: string, partition: number): number | null {
    return this.#byTopic.get(topic)?.get(partition) ?? null
  }
}

/**
 * Offsets by time in many topics, one request per leader: the first record at or after `timestampMs`, −1 when there is
 * none; or EARLIEST, LATEST. Topics and partitions that are not there are left out. Throws BrokerError.
 */
export function logOffsets(cluster: ClusterClient, wanted: Partitions, timestampMs: number): Promise<LogOffsets> {
  return cluster.retry(async () => {
    const found = new LogOffsets()
    if (wanted.size === 0) return found
    const { topics } = await cluster.metadata([...wanted.keys()])
    for (const [nodeId, asked] of byLeader(topics, wanted)) {
      const connection = await cluster.node(nodeId)
      const answer = await connection.send(listOffsetsApi, {
        replicaId: -1,
        topics: [...asked].map(([name, partitions]) => ({
          name,
          partitions: partitions.map(partitionIndex => ({ partitionIndex, timestamp: timestampMs }))
        }))
      })
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, errorCode, offset } of partitions) {
          if (errorCode === 0) found.set(name, partitionIndex, offset)
          // Deleted between the two requests.
          else if (errorCode !== Errors.UNKNOWN_TOPIC_OR_PARTITION.code) {
            throw new BrokerError(errorByCode(errorCode), `partition ${partitionIndex} of ${name}`)
          }
        }
      }
    }
    return found
  })
}

function byLeader(topics: MetadataResponse['topics'], wanted: Partitions): Map<number, Map<string, number[]>> {
  const leaders = new Map<number, Map<string, number[]>>()
  for (const { name, partitions } of topics) {
    const asked = new Set(wanted.get(name ?? ''))
    for (const { partitionIndex, leaderId } of partitions) {
      if (name === null || leaderId < 0 || !asked.has(partitionIndex)) continue
      const ofLeader = leaders.get(leaderId) ?? new Map<string, number[]>()
      const list = ofLeader.get(name)
      if (list === undefined) ofLeader.set(name, [partitionIndex])
      else list.push(partitionIndex)
      leaders.set(leaderId, ofLeader)
    }
  }
  return leaders
}
