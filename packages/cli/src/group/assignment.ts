import { DecodeError } from '@streambus/protocol'
import { decodeAssignment, type TopicPartitions } from '@streambus/protocol/consumer-protocol'

/**
 * What a member of a classic consumer group was assigned, partitions ascending. No bytes, as while the group
 * rebalances, are no partitions. Null when it is something else.
 */
export function readAssignment(assignment: Buffer): readonly TopicPartitions[] | null {
  if (assignment.length === 0) return []
  try {
    return decodeAssignment(assignment).partitions.map(({ topic, partitions }) => {
      return { topic, partitions: partitions.toSorted((a, b) => a - b) }
    })
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

/** As Kafka's tools write it: `orders:0,1,2 clicks:0`. */
export function assignmentText(assignment: readonly TopicPartitions[]): string {
  return assignment.map(({ topic, partitions }) => `${topic}:${partitions.join(',')}`).join(' ')
}

export function partitionCount(assignment: readonly TopicPartitions[]): number {
  return assignment.reduce((count, { partitions }) => count + partitions.length, 0)
}
