export { type ApiSchema, api } from './api-schema.ts'
export type { FieldSpec, Input, PrimitiveKind, ValueType } from './field.ts'
export {
  array,
  boolean,
  bytes,
  fields,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid
} from './fields.ts'
export { type Message, type MessageCodec, type MessageTable, message } from './message.ts'
export { includesVersion, parseVersions, type VersionRange } from './versions.ts'
