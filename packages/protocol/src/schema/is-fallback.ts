import type { FieldSpec } from './field.ts'

/** Whether a value (undefined counts as left out) is what its field's fallback would encode. */
export function isFallback(field: FieldSpec, value: unknown): boolean {
  if (value === undefined || value === field.fallback) return true
  if (value === null || field.fallback === null) return false
  const { type } = field
  if (type.kind === 'array') return (value as readonly unknown[]).length === 0
  if (type.kind === 'bytes') return (value as Buffer).length === 0
  if (type.kind !== 'struct') return false
  const members = value as Readonly<Record<string, unknown>>
  return type.fields.every(member => isFallback(member, members[member.name]))
}
