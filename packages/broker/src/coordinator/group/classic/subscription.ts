import { WireReader } from '@streambus/protocol'

/**
 * The topics in the metadata of a classic consumer (ConsumerProtocolSubscription: int16 version, array of topics, more
 * in later versions). Null when it is something else.
 */
export function subscribedTopics(metadata: Buffer): readonly string[] | null {
  try {
    const reader = new WireReader(metadata)
    if (reader.int16() < 0) return null
    const count = reader.arrayCount(2)
    return Array.from({ length: Math.max(0, count) }, () => reader.string())
  } catch {
    return null
  }
}

/**
 * By topic, the partitions in the assignment of a classic consumer (ConsumerProtocolAssignment: int16 version, array of
 * topic and partitions, more in later versions). Null when it is something else.
 */
export function assignedPartitions(assignment: Buffer): ReadonlyMap<string, readonly number[]> | null {
  const owned = new Map<string, readonly number[]>()
  if (assignment.length === 0) return owned
  try {
    const reader = new WireReader(assignment)
    if (reader.int16() < 0) return null
    const topicCount = Math.max(0, reader.arrayCount(6))
    for (let i = 0; i < topicCount; i++) {
      const topic = reader.string()
      const partitionCount = Math.max(0, reader.arrayCount(4))
      owned.set(
        topic,
        Array.from({ length: partitionCount }, () => reader.int32())
      )
    }
    return owned
  } catch {
    return null
  }
}
