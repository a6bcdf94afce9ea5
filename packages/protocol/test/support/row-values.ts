import { parseVersions as parse, type VersionRange } from '../../src/schema/index.ts'

/** Kafka's values for fields without a default. */
export const ZERO: Readonly<Record<string, unknown>> = {
  boolean: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  string: '',
  uuid: 'AAAAAAAAAAAAAAAAAAAAAA',
  bytes: '',
  records: null,
  array: [],
  struct: 'its fields'
}

/** Kafka writes "none" where our tables write 'never'. */
export function parseVersions(text: string): VersionRange {
  return parse(text === 'none' ? 'never' : text)
}
