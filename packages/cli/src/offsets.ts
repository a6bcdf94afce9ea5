import { type Errors, errorByCode, listOffsetsApi } from '@streambus/protocol'
import { BrokerError, type ClusterClient } from '@streambus/wire-client'

/** Special timestamps of ListOffsets. */
export const LATEST = -1
export const EARLIEST = -2

export type ErrorEntry = (typeof Errors)[keyof typeof Errors]

/**
 * The offset of the first record at or after `timestampMs` (or EARLIEST, LATEST), by partition; −1 when there is no
 * such record. One request per leader. Throws BrokerError.
 */
export async function listOffsets(
  cluster: ClusterClient,
  topic: string,
  options: { readonly partitions: readonly number[]; readonly timestampMs: number }
): Promise<Map<number, number>> {
  return cluster.retry(async () => {
    const byLeader = await groupByLeader(cluster, topic, options.partitions)
    const offsets = new Map<number, number>()
    for (const [nodeId, partitions] of byLeader) {
      const connection = await cluster.node(nodeId)
      const { topics } = await connection.send(listOffsetsApi, {
        replicaId: -1,
        topics: [
          {
            name: topic,
            partitions: partitions.map(partitionIndex => ({ partitionIndex, timestamp: options.timestampMs }))
          }
        ]
      })
      for (const { partitionIndex, errorCode, offset } of topics.flatMap(answer => answer.partitions)) {
        if (errorCode !== 0) throw new BrokerError(errorByCode(errorCode), `partition ${partitionIndex} of ${topic}`)
        offsets.set(partitionIndex, offset)
      }
    }
    return offsets
  })
}

/** Partitions by the id of their leader. Throws BrokerError for one without leader. */
export async function groupByLeader(
  cluster: ClusterClient,
  topic: string,
  partitions: readonly number[]
): Promise<Map<number, number[]>> {
  const byLeader = new Map<number, number[]>()
  for (const partition of partitions) {
    const { leaderId } = await cluster.leaderOf(topic, partition)
    const group = byLeader.get(leaderId)
    if (group === undefined) byLeader.set(leaderId, [partition])
    else group.push(partition)
  }
  return byLeader
}
