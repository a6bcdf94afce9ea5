import { WireReader } from '../primitives/wire-reader.ts'
import { WireWriter } from '../primitives/wire-writer.ts'
import type { MessageCodec } from '../schema/index.ts'
import * as tables from './tables.ts'

interface OfGroup {
  readonly groupId: string
}

interface OfMember extends OfGroup {
  readonly memberId: string
}

/** A null value is a tombstone: what the key names is gone. */
type Record<Kind extends string, Key, Value> = Key & { readonly kind: Kind; readonly value: Value | null }

export type OffsetRecord = Record<
  'offset',
  OfGroup & { readonly topic: string; readonly partition: number },
  tables.OffsetValue
>
export type ClassicGroupRecord = Record<'classic-group', OfGroup, tables.ClassicGroupValue>
export type ConsumerGroupRecord = Record<'consumer-group', OfGroup, tables.ConsumerGroupValue>
export type ConsumerMemberRecord = Record<'consumer-member', OfMember, tables.ConsumerMemberValue>
export type TargetAssignmentRecord = Record<'target-assignment', OfGroup, tables.TargetAssignmentValue>
export type TargetMemberRecord = Record<'target-member', OfMember, tables.TargetMemberValue>
export type CurrentAssignmentRecord = Record<'current-assignment', OfMember, tables.CurrentAssignmentValue>
export type RegexRecord = Record<'regex', OfGroup & { readonly regularExpression: string }, tables.RegexValue>

/** One record of `__consumer_offsets`. */
export type GroupRecord =
  | OffsetRecord
  | ClassicGroupRecord
  | ConsumerGroupRecord
  | ConsumerMemberRecord
  | TargetAssignmentRecord
  | TargetMemberRecord
  | CurrentAssignmentRecord
  | RegexRecord

interface Format {
  /** The int16 at the start of the key. */
  readonly type: number
  readonly key: MessageCodec<never>
  readonly value: MessageCodec<never>
  /** The version that is written. */
  readonly version: number
}

function format<K, V>(type: number, key: MessageCodec<K>, value: MessageCodec<V>, version = 0): Format {
  return { type, key: key as MessageCodec<never>, value: value as MessageCodec<never>, version }
}

const FORMATS: { readonly [Kind in GroupRecord['kind']]: Format } = {
  offset: format(1, tables.offsetKey, tables.offsetValue, 3),
  'classic-group': format(2, tables.groupKey, tables.classicGroupValue, 3),
  'consumer-group': format(3, tables.groupKey, tables.consumerGroupValue),
  'consumer-member': format(5, tables.memberKey, tables.consumerMemberValue),
  'target-assignment': format(6, tables.groupKey, tables.targetAssignmentValue),
  'target-member': format(7, tables.memberKey, tables.targetMemberValue),
  'current-assignment': format(8, tables.memberKey, tables.currentAssignmentValue),
  regex: format(16, tables.regexKey, tables.regexValue)
}

const KINDS = new Map<number, GroupRecord['kind']>([
  // What Kafka wrote before 0.9 has the same key.
  [0, 'offset'],
  ...Object.entries(FORMATS).map(([kind, { type }]) => [type, kind as GroupRecord['kind']] as const)
])

/** Key and value as they are stored. Throws EncodeError for a value that the format cannot hold. */
export function encodeGroupRecord(record: GroupRecord): { key: Buffer; value: Buffer | null } {
  const { type, key, value, version } = FORMATS[record.kind]
  return {
    key: encode(key, type, 0, record),
    value: record.value === null ? null : encode(value, version, version, record.value)
  }
}

/**
 * Null for a kind of record that this version does not know: a newer one may have written it. Throws DecodeError for
 * what is not as its key says, RangeError for a newer version of a known value.
 */
export function decodeGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | null {
  const keyReader = new WireReader(key)
  const kind = KINDS.get(keyReader.int16())
  if (kind === undefined) return null
  const format = FORMATS[kind]
  const fields: object = format.key.decode(keyReader, 0)
  keyReader.finish()
  return { kind, ...fields, value: value === null ? null : decodeValue(format.value, value) } as GroupRecord
}

function decodeValue(codec: MessageCodec<never>, bytes: Buffer): object {
  const reader = new WireReader(bytes)
  const value: object = codec.decode(reader, reader.int16())
  reader.finish()
  return value
}

function encode(codec: MessageCodec<never>, prefix: number, version: number, value: object): Buffer {
  const writer = new WireWriter()
  writer.int16(prefix)
  codec.encode(writer, value as never, version)
  return Buffer.concat(writer.chunks())
}
