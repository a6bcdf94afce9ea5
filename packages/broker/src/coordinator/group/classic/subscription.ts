import { DecodeError } from '@streambus/protocol'
import { decodeAssignment, decodeSubscription } from '@streambus/protocol/consumer-protocol'

/** The topics in the metadata of a classic consumer. Null when it is something else: then they are not known. */
export function subscribedTopics(metadata: Buffer): readonly string[] | null {
  // The prefix of all versions, so that no version's later fields matter.
  return ifReadable(() => decodeSubscription(metadata, 0).topics)
}

/**
 * By topic, the partitions in the assignment of a classic consumer; none in no bytes, as while the group rebalances.
 * Null when it is something else.
 */
export function assignedPartitions(assignment: Buffer): ReadonlyMap<string, readonly number[]> | null {
  if (assignment.length === 0) return new Map()
  return ifReadable(() => {
    return new Map(decodeAssignment(assignment).partitions.map(({ topic, partitions }) => [topic, partitions]))
  })
}

function ifReadable<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
