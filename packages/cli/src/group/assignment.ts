import { WireReader } from '@streambus/protocol'

/** Partitions of one topic. */
export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

const INT32_BYTES = 4
/** An empty name and an empty list. */
const TOPIC_BYTES_MIN = 6

/**
 * What a member of a classic consumer group was assigned (ConsumerProtocolAssignment: int16 version, topics with their
 * partitions, user data, more in later versions). No bytes, as while the group rebalances, are no partitions. Null when
 * it is something else.
 */
export function decodeAssignment(assignment: Buffer): readonly TopicPartitions[] | null {
  if (assignment.length === 0) return []
  try {
    const reader = new WireReader(assignment)
    if (reader.int16() < 0) return null
    const count = Math.max(0, reader.arrayCount(TOPIC_BYTES_MIN))
    return Array.from({ length: count }, () => {
      const topic = reader.string()
      const partitions = Array.from({ length: Math.max(0, reader.arrayCount(INT32_BYTES)) }, () => reader.int32())
      return { topic, partitions: partitions.sort((a, b) => a - b) }
    })
  } catch {
    return null
  }
}

/** As Kafka's tools write it: `orders:0,1,2 clicks:0`. */
export function assignmentText(assignment: readonly TopicPartitions[]): string {
  return assignment.map(({ topic, partitions }) => `${topic}:${partitions.join(',')}`).join(' ')
}

export function partitionCount(assignment: readonly TopicPartitions[]): number {
  return assignment.reduce((count, { partitions }) => count + partitions.length, 0)
}
