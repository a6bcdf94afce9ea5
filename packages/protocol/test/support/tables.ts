import { apis } from '../../src/api.ts'
import type { FieldSpec, MessageCodec } from '../../src/schema/index.ts'

/** A codec as the tests use it: any value, and the table it was made from. */
export interface AnyTable extends MessageCodec<unknown> {
  readonly fields: readonly FieldSpec[]
}

/** Both messages of every API. */
export const tables: readonly AnyTable[] = Object.values(apis).flatMap(
  schema => [schema.request, schema.response] as unknown as AnyTable[]
)

/** Every message at every version: `[name, version, table]`. */
export const shapes: readonly (readonly [string, number, AnyTable])[] = tables.flatMap(table => {
  const { min, max } = table.versions
  return Array.from({ length: max - min + 1 }, (_, index) => [table.name, min + index, table] as const)
})
