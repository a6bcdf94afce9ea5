import type { PrimitiveKind, ValueType } from './field.ts'
import { includesVersion } from './versions.ts'

const FIXED_BYTES: { readonly [K in PrimitiveKind]?: number } = {
  boolean: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16
}

/**
 * The fewest bytes a value can take, at least one, so that an array's count can be refused before any element is read.
 */
export function minimumBytes(type: ValueType, shape: { readonly version: number; readonly flexible: boolean }): number {
  if (type.kind === 'struct') {
    let total = shape.flexible ? 1 : 0
    for (const field of type.fields) {
      if (field.tag !== null || !includesVersion(field.versions, shape.version)) continue
      const nullableStruct = field.type.kind === 'struct' && includesVersion(field.nullable, shape.version)
      total += nullableStruct ? 1 : minimumBytes(field.type, shape)
    }
    return Math.max(total, 1)
  }
  if (type.kind === 'array') return shape.flexible ? 1 : 4
  const fixed = FIXED_BYTES[type.kind]
  if (fixed !== undefined) return fixed
  if (shape.flexible) return 1
  return type.kind === 'string' ? 2 : 4
}
