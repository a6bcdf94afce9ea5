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
