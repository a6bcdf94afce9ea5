import { DecodeError, located } from '../primitives/codec-error.ts'
import type { WireReader } from '../primitives/wire-reader.ts'
import type { FieldSpec, PrimitiveKind, ValueType } from './field.ts'
import { structFallback } from './fields.ts'
import { minimumBytes } from './minimum-bytes.ts'
import { includesVersion } from './versions.ts'

export type Decode = (reader: WireReader) => unknown

/** One version of a message, and whether that version is flexible (compact lengths, tagged fields). */
export interface Shape {
  readonly version: number
  readonly flexible: boolean
}

/**
 * Builds the decoder of a structure for one version. The closures hold everything that depends on the version, so
 * that decoding itself asks nothing but the bytes.
 */
export function compileStructDecode(fields: readonly FieldSpec[], shape: Shape): Decode {
  const present = fields.filter(field => includesVersion(field.versions, shape.version))
  const untagged = present.filter(field => field.tag === null)
  const names = untagged.map(field => field.name)
  const decoders = untagged.map(field => compileField(field, shape))
  const tagged = shape.flexible ? compileTagged(present, shape) : null
  // Copying a template keeps the property order and hidden class of all results equal and fills absent fields.
  const template = structFallback(fields) as Record<string, unknown>
  const count = names.length

  return reader => {
    const target = { ...template }
    let index = 0
    try {
      for (; index < count; index++) target[names[index] as string] = (decoders[index] as Decode)(reader)
    } catch (error) {
      throw located(error, names[index] as string)
    }
    if (tagged !== null) tagged(reader, target)
    return target
  }
}

function compileField(field: FieldSpec, shape: Shape): Decode {
  if (field.clamped && field.type.kind === 'int64') return reader => reader.clampedInt64()
  return compileValue(field.type, includesVersion(field.nullable, shape.version), shape)
}

/** In front of a tagged nullable structure Kafka puts a varint, 0 for null, where an untagged one has an int8, −1. */
function compileTaggedField(field: FieldSpec, shape: Shape): Decode {
  if (field.type.kind !== 'struct' || !includesVersion(field.nullable, shape.version)) return compileField(field, shape)
  const decode = compileStructDecode(field.type.fields, shape)
  return reader => (reader.unsignedVarint() === 0 ? null : decode(reader))
}

function compileValue(type: ValueType, nullable: boolean, shape: Shape): Decode {
  if (type.kind === 'array') return compileArray(type.element, nullable, shape)
  if (type.kind !== 'struct') return (shape.flexible ? COMPACT : CLASSIC)[type.kind](nullable)
  const decode = compileStructDecode(type.fields, shape)
  return nullable ? reader => (reader.structPresent() ? decode(reader) : null) : decode
}

function compileArray(element: ValueType, nullable: boolean, shape: Shape): Decode {
  const decode = compileValue(element, false, shape)
  const bytesMin = minimumBytes(element, shape)
  const { flexible } = shape
  return reader => {
    const count = flexible ? reader.compactArrayCount(bytesMin) : reader.arrayCount(bytesMin)
    if (count === -1) {
      if (nullable) return null
      throw new DecodeError('array is null, but must not be', reader.offset)
    }
    // Grows with what has been read: the count is only a claim.
    const values: unknown[] = []
    let index = 0
    try {
      for (; index < count; index++) values.push(decode(reader))
    } catch (error) {
      throw located(error, `[${index}]`)
    }
    return values
  }
}

type TaggedDecode = (reader: WireReader, target: Record<string, unknown>) => void

function compileTagged(present: readonly FieldSpec[], shape: Shape): TaggedDecode {
  const known = new Map<number, { readonly name: string; readonly decode: Decode }>()
  for (const field of present) {
    if (field.tag !== null) known.set(field.tag, { name: field.name, decode: compileTaggedField(field, shape) })
  }
  if (known.size === 0) return reader => reader.skipTaggedFields()
  return (reader, target) => {
    const count = reader.taggedFieldCount()
    let tag = -1
    for (let index = 0; index < count; index++) {
      tag = reader.tag(tag)
      const field = known.get(tag)
      if (field === undefined) {
        reader.skip(reader.unsignedVarint())
        continue
      }
      try {
        const outerEnd = reader.enterTag()
        target[field.name] = field.decode(reader)
        reader.leaveTag(outerEnd)
      } catch (error) {
        throw located(error, field.name)
      }
    }
  }
}

type Primitives = { readonly [K in PrimitiveKind]: (nullable: boolean) => Decode }

const FIXED = {
  boolean: () => reader => reader.boolean(),
  int8: () => reader => reader.int8(),
  int16: () => reader => reader.int16(),
  uint16: () => reader => reader.uint16(),
  int32: () => reader => reader.int32(),
  uint32: () => reader => reader.uint32(),
  int64: () => reader => reader.int64(),
  float64: () => reader => reader.float64(),
  uuid: () => reader => reader.uuid()
} as const satisfies Partial<Primitives>

const CLASSIC: Primitives = {
  ...FIXED,
  string: nullable => (nullable ? reader => reader.nullableString() : reader => reader.string()),
  bytes: nullable => (nullable ? reader => reader.nullableBytes() : reader => reader.bytes()),
  records: nullable => (nullable ? reader => reader.nullableRecords() : reader => reader.records())
}

const COMPACT: Primitives = {
  ...FIXED,
  string: nullable => (nullable ? reader => reader.compactNullableString() : reader => reader.compactString()),
  bytes: nullable => (nullable ? reader => reader.compactNullableBytes() : reader => reader.compactBytes()),
  records: nullable => (nullable ? reader => reader.compactNullableRecords() : reader => reader.compactRecords())
}
