import * as fc from 'fast-check'
import type { FieldSpec, PrimitiveKind, ValueType } from '../../src/schema/index.ts'
import { includesVersion } from '../../src/schema/index.ts'

const INT64_MAX = Number.MAX_SAFE_INTEGER

const PRIMITIVES: { readonly [K in PrimitiveKind]: fc.Arbitrary<unknown> } = {
  boolean: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint16: fc.integer({ min: 0, max: 65_535 }),
  int32: fc.oneof(fc.integer(), fc.constantFrom(-1, 0, 2 ** 31 - 1, -(2 ** 31))),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int64: fc.oneof(fc.integer(), fc.constantFrom(-1, 0, INT64_MAX, -INT64_MAX), fc.maxSafeInteger()),
  float64: fc.double({ noNaN: true }),
  string: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.string({ minLength: 45, maxLength: 300, size: 'max' })
  ),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => Buffer.from(bytes).toString('base64url')),
  bytes: fc.uint8Array().map(bytes => Buffer.from(bytes)),
  // Around the size from which the writer passes buffers through.
  records: fc.oneof(fc.nat(40), fc.integer({ min: 1000, max: 3000 })).map(length => Buffer.alloc(length, length))
}

/** Values of a structure at one version: what to encode (absent fields left out), with every present field given. */
export function arbitraryStruct(fields: readonly FieldSpec[], version: number): fc.Arbitrary<Record<string, unknown>> {
  const present = fields.filter(field => includesVersion(field.versions, version))
  return fc.record(Object.fromEntries(present.map(field => [field.name, arbitraryField(field, version)])))
}

function arbitraryField(field: FieldSpec, version: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field.type, version)
  const choices = [value]
  if (includesVersion(field.nullable, version)) choices.push(fc.constant(null))
  // Tagged fields at their fallback are not written at all; make that happen often.
  if (field.tag !== null) choices.push(fc.constant(field.fallback))
  return fc.oneof(...choices)
}

function arbitraryValue(type: ValueType, version: number): fc.Arbitrary<unknown> {
  if (type.kind === 'array') return fc.array(arbitraryValue(type.element, version), { maxLength: 4 })
  return type.kind === 'struct' ? arbitraryStruct(type.fields, version) : PRIMITIVES[type.kind]
}

/** What decoding must yield for a value made by `arbitraryStruct`: absent fields at their fallback. */
export function withFallbacks(fields: readonly FieldSpec[], value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    fields.map(field => {
      const given = value[field.name]
      return [field.name, given === undefined ? field.fallback : deep(field.type, given)]
    })
  )
}

function deep(type: ValueType, value: unknown): unknown {
  if (value === null) return null
  if (type.kind === 'struct') return withFallbacks(type.fields, value as Record<string, unknown>)
  if (type.kind === 'array') return (value as unknown[]).map(element => deep(type.element, element))
  return value
}
