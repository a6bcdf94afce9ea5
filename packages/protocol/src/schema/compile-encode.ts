import { EncodeError, located } from '../primitives/codec-error.ts'
import { WireWriter } from '../primitives/wire-writer.ts'
import type { Shape } from './compile-decode.ts'
import type { FieldSpec, PrimitiveKind, ValueType } from './field.ts'
import { isFallback } from './is-fallback.ts'
import { formatVersions, includesVersion } from './versions.ts'

export type Encode = (writer: WireWriter, value: unknown) => void

type Members = Readonly<Record<string, unknown>>

/** Tagged values are a few dozen bytes; they are written apart because their size goes in front of them. */
const TAGGED_SCRATCH_BYTES = 128

/** Builds the encoder of a structure for one version. */
export function compileStructEncode(fields: readonly FieldSpec[], shape: Shape): Encode {
  const present = fields.filter(field => includesVersion(field.versions, shape.version))
  const untagged = present.filter(field => field.tag === null)
  const names = untagged.map(field => field.name)
  const encoders = untagged.map(field => compileField(field, shape))
  const refusals = fields.filter(field => !field.ignorable && !present.includes(field))
  const tagged = shape.flexible ? compileTagged(present, shape) : null
  const count = names.length

  return (writer, value) => {
    const members = value as Members
    let index = 0
    try {
      for (; index < count; index++) (encoders[index] as Encode)(writer, members[names[index] as string])
    } catch (error) {
      throw located(error, names[index] as string)
    }
    for (const field of refusals) refuseUnlessFallback(field, members[field.name], shape)
    if (tagged !== null) tagged(writer, members)
  }
}

function refuseUnlessFallback(field: FieldSpec, value: unknown, shape: Shape): void {
  if (value === undefined || isFallback(field, value)) return
  throw new EncodeError(
    `version ${shape.version} lacks this field (it has versions ${formatVersions(field.versions)}); leave it out`
  ).within(field.name)
}

function compileField(field: FieldSpec, shape: Shape): Encode {
  const encode = compileValue(field.type, includesVersion(field.nullable, shape.version), shape)
  const { fallback } = field
  return (writer, value) => encode(writer, value === undefined ? fallback : value)
}

/** In front of a tagged nullable structure Kafka puts a varint, 0 for null, where an untagged one has an int8, −1. */
function compileTaggedField(field: FieldSpec, shape: Shape): Encode {
  const encode = compileField(field, shape)
  if (field.type.kind !== 'struct' || !includesVersion(field.nullable, shape.version)) return encode
  return (writer, value) => (value === null ? writer.unsignedVarint(0) : encode(writer, value))
}

function compileValue(type: ValueType, nullable: boolean, shape: Shape): Encode {
  const encode = compileNullable(type, nullable, shape)
  if (nullable) return encode
  return (writer, value) => {
    if (value === null) throw new EncodeError(`version ${shape.version} does not allow null`)
    encode(writer, value)
  }
}

function compileNullable(type: ValueType, nullable: boolean, shape: Shape): Encode {
  if (type.kind === 'array') return compileArray(type.element, shape)
  if (type.kind !== 'struct') return (shape.flexible ? COMPACT : CLASSIC)[type.kind]
  const encode = compileStructEncode(type.fields, shape)
  if (!nullable) return encode
  return (writer, value) => {
    writer.structPresent(value !== null)
    if (value !== null) encode(writer, value)
  }
}

function compileArray(element: ValueType, shape: Shape): Encode {
  const encode = compileValue(element, false, shape)
  const { flexible } = shape
  return (writer, value) => {
    const values = value as readonly unknown[] | null
    const count = values === null ? -1 : values.length
    if (flexible) writer.compactArrayCount(count)
    else writer.arrayCount(count)
    let index = 0
    try {
      for (; index < count; index++) encode(writer, (values as readonly unknown[])[index])
    } catch (error) {
      throw located(error, `[${index}]`)
    }
  }
}

type TaggedEncode = (writer: WireWriter, members: Members) => void

function compileTagged(present: readonly FieldSpec[], shape: Shape): TaggedEncode {
  const tagged = present
    .filter(field => field.tag !== null)
    .sort((a, b) => (a.tag as number) - (b.tag as number))
    .map(field => ({ field, tag: field.tag as number, encode: compileTaggedField(field, shape) }))
  if (tagged.length === 0) return writer => writer.unsignedVarint(0)
  return (writer, members) => {
    let count = 0
    for (const { field } of tagged) if (!isFallback(field, members[field.name])) count++
    writer.unsignedVarint(count)
    if (count === 0) return
    for (const { field, tag, encode } of tagged) {
      const value = members[field.name]
      if (isFallback(field, value)) continue
      try {
        const apart = new WireWriter(TAGGED_SCRATCH_BYTES)
        encode(apart, value)
        writer.unsignedVarint(tag)
        writer.unsignedVarint(apart.byteLength)
        for (const chunk of apart.chunks()) writer.raw(chunk)
      } catch (error) {
        throw located(error, field.name)
      }
    }
  }
}

type Primitives = { readonly [K in PrimitiveKind]: Encode }

const FIXED = {
  boolean: (writer, value) => writer.boolean(value as boolean),
  int8: (writer, value) => writer.int8(value as number),
  int16: (writer, value) => writer.int16(value as number),
  uint16: (writer, value) => writer.uint16(value as number),
  int32: (writer, value) => writer.int32(value as number),
  uint32: (writer, value) => writer.uint32(value as number),
  int64: (writer, value) => writer.int64(value as number),
  float64: (writer, value) => writer.float64(value as number),
  uuid: (writer, value) => writer.uuid(value as string)
} as const satisfies Partial<Primitives>

const CLASSIC: Primitives = {
  ...FIXED,
  string: (writer, value) => writer.nullableString(value as string | null),
  bytes: (writer, value) => writer.nullableBytes(value as Buffer | null),
  records: (writer, value) => writer.records(value as Buffer | readonly Buffer[] | null)
}

const COMPACT: Primitives = {
  ...FIXED,
  string: (writer, value) => writer.compactNullableString(value as string | null),
  bytes: (writer, value) => writer.compactNullableBytes(value as Buffer | null),
  records: (writer, value) => writer.compactRecords(value as Buffer | readonly Buffer[] | null)
}
