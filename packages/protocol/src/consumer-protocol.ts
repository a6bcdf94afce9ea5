import { DecodeError } from './primitives/codec-error.ts'
import { WireReader } from './primitives/wire-reader.ts'
import { WireWriter } from './primitives/wire-writer.ts'
import {
  array,
  bytes,
  fields,
  type Input,
  int32,
  type Message,
  type MessageCodec,
  message,
  string
} from './schema/index.ts'

// What the members of a classic consumer group tell each other through opaque bytes: in JoinGroup what they want, in
// SyncGroup what the leader gives them. Both begin with an int16, their version.

/** Versions only ever append fields, so whoever meets a newer one reads it as the newest he knows, as Kafka does. */
const VERSION_MAX = 3

const TOPIC_PARTITIONS = fields(string('topic'), array('partitions', 'int32'))

export const consumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'never',
  fields: [
    array('topics', 'string'),
    bytes('userData', { nullable: '0+', fallback: null }),
    array('ownedPartitions', TOPIC_PARTITIONS, { since: 1, ignorable: true }),
    int32('generationId', { since: 2, fallback: -1, ignorable: true }),
    string('rackId', { since: 3, nullable: '3+', fallback: null, ignorable: true })
  ]
})

export const consumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'never',
  fields: [array('assignedPartitions', TOPIC_PARTITIONS), bytes('userData', { nullable: '0+', fallback: null })]
})

/** Partitions of one topic. */
export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** Fields that the version lacks are as if they were not given: nothing owned, generation −1, no rack. */
export type ConsumerSubscription = Message<typeof consumerProtocolSubscription> & { readonly version: number }

export interface ConsumerAssignment {
  readonly version: number
  readonly partitions: readonly TopicPartitions[]
  readonly userData: Buffer | null
}

/** Left out, `version` is the newest; above it, it counts as the newest. Fields that the version lacks are dropped. */
type Versioned<T> = T & { readonly version?: number }

/**
 * What a member wants, from its metadata in JoinGroup. `version` in the result is that of the shape which was read: at
 * most `versionMax`, 0 … 3. Who needs the topics alone passes 0, the prefix of all versions, as Kafka's coordinator
 * does. Bytes behind the last field are ignored: a newer version may have put them there. Throws DecodeError.
 */
export function decodeSubscription(metadata: Buffer, versionMax: number = VERSION_MAX): ConsumerSubscription {
  return decode(consumerProtocolSubscription, metadata, versionMax)
}

/** Throws EncodeError for a value that the format cannot hold, RangeError for a version below 0. */
export function encodeSubscription(
  subscription: Versioned<Input<Message<typeof consumerProtocolSubscription>>>
): Buffer {
  return encode(consumerProtocolSubscription, subscription)
}

/**
 * What a member got, from its bytes in SyncGroup, in any order and with whatever repetitions the leader wrote. As
 * `decodeSubscription`. No bytes at all, as a member has while its group rebalances, are not an assignment.
 */
export function decodeAssignment(assignment: Buffer): ConsumerAssignment {
  const { version, assignedPartitions, userData } = decode(consumerProtocolAssignment, assignment, VERSION_MAX)
  return { version, partitions: assignedPartitions, userData }
}

/** As `encodeSubscription`. */
export function encodeAssignment(
  assignment: Versioned<{ readonly partitions: readonly TopicPartitions[]; readonly userData?: Buffer | null }>
): Buffer {
  const { version, partitions, userData } = assignment
  return encode(consumerProtocolAssignment, { version, assignedPartitions: partitions, userData })
}

function decode<T>(codec: MessageCodec<T>, data: Buffer, versionMax: number): T & { readonly version: number } {
  const reader = new WireReader(data)
  const declared = reader.int16()
  if (declared < 0) throw new DecodeError(`version ${declared} is negative, known are 0 … ${VERSION_MAX}`, 0)
  const version = Math.min(declared, versionMax)
  return { version, ...codec.decode(reader, version) }
}

function encode<T>(codec: MessageCodec<T>, value: Input<T> & { readonly version?: number | undefined }): Buffer {
  const version = Math.min(value.version ?? VERSION_MAX, VERSION_MAX)
  const writer = new WireWriter()
  writer.int16(version)
  codec.encode(writer, value, version)
  return Buffer.concat(writer.chunks())
}
