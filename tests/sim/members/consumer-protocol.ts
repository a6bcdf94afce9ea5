import { WireReader, WireWriter } from '@streambus/protocol'

/** ConsumerProtocolSubscription, version 0. */
export function encodeSubscription(topics: readonly string[]): Buffer {
  const writer = new WireWriter()
  writer.int16(0)
  writer.arrayCount(topics.length)
  for (const topic of topics) writer.string(topic)
  writer.nullableBytes(null)
  return Buffer.concat(writer.chunks())
}

/** ConsumerProtocolAssignment, version 0, of one topic. */
export function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  const writer = new WireWriter()
  writer.int16(0)
  writer.arrayCount(partitions.length === 0 ? 0 : 1)
  if (partitions.length > 0) {
    writer.string(topic)
    writer.arrayCount(partitions.length)
    for (const partition of partitions) writer.int32(partition)
  }
  writer.nullableBytes(null)
  return Buffer.concat(writer.chunks())
}

/** The partitions, whatever the topic; an empty assignment has none. Throws DecodeError for anything else. */
export function decodeAssignment(bytes: Buffer): number[] {
  if (bytes.length === 0) return []
  const reader = new WireReader(bytes)
  reader.int16()
  const partitions: number[] = []
  for (let topics = reader.arrayCount(6); topics > 0; topics--) {
    reader.string()
    for (let count = reader.arrayCount(4); count > 0; count--) partitions.push(reader.int32())
  }
  return partitions
}

interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Partitions in turns over the members in the order of their names; static ones by their instance ids. */
export function assignInTurns(members: readonly GroupMember[], partitionCount: number): Map<string, number[]> {
  const nameOf = ({ memberId, groupInstanceId }: GroupMember): string => groupInstanceId ?? memberId
  const sorted = [...members].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const shares = new Map(sorted.map(({ memberId }) => [memberId, [] as number[]]))
  for (let partition = 0; partition < partitionCount && sorted.length > 0; partition++) {
    shares.get((sorted[partition % sorted.length] as GroupMember).memberId)?.push(partition)
  }
  return shares
}
