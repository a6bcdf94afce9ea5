import type { FieldSpec, ValueType, VersionRange } from '../../src/schema/index.ts'
import type { DefinedField, Definition } from './kafka-definitions.ts'
import { parseVersions, ZERO } from './row-values.ts'

/**
 * One field in a form that our tables and Kafka's definitions can both be brought into. Versions are clipped to
 * what can occur.
 */
export interface Row {
  readonly path: string
  readonly type: string
  readonly versions: string
  readonly nullable: string
  readonly tag: number | null
  readonly fallback: unknown
  readonly ignorable: boolean
}

export function rowsOfTable(fields: readonly FieldSpec[], outer: VersionRange, path = ''): Row[] {
  return fields.flatMap(field => {
    const versions = clip(field.versions, outer)
    const element = field.type.kind === 'array' ? field.type.element : field.type
    const row: Row = {
      path: `${path}${field.name}`,
      type: typeName(field.type),
      versions: print(versions),
      nullable: print(clip(field.nullable, versions)),
      tag: field.tag,
      fallback: field.type.kind === 'struct' && field.fallback !== null ? 'its fields' : plain(field.fallback),
      ignorable: field.ignorable
    }
    const inner = element.kind === 'struct' ? rowsOfTable(element.fields, versions, `${row.path}.`) : []
    return [row, ...inner]
  })
}

export function rowsOfDefinition(definition: Definition, outer: VersionRange): Row[] {
  const common = new Map(definition.commonStructs?.map(struct => [struct.name, struct.fields]))
  const visit = (fields: readonly DefinedField[], within: VersionRange, path: string): Row[] =>
    fields.flatMap(field => {
      const versions = clip(parseVersions(field.versions), within)
      if (versions.max < versions.min) return []
      const isArray = field.type.startsWith('[]')
      const element = isArray ? field.type.slice(2) : field.type
      const members = field.fields ?? common.get(element)
      const kind = members === undefined ? (element === 'bool' ? 'boolean' : element) : 'struct'
      const name = `${path}${field.name.charAt(0).toLowerCase()}${field.name.slice(1)}`
      const row: Row = {
        path: name,
        type: isArray ? `[]${kind}` : kind,
        versions: print(versions),
        nullable: print(clip(parseVersions(field.nullableVersions ?? 'never'), versions)),
        tag: field.tag ?? null,
        fallback: definedFallback(field, isArray ? 'array' : kind),
        ignorable: String(field.ignorable ?? false) === 'true'
      }
      return [row, ...(members === undefined ? [] : visit(members, versions, `${name}.`))]
    })
  return visit(definition.fields, outer, '')
}

function definedFallback(field: DefinedField, kind: string): unknown {
  if (field.default === undefined || field.default === '') return ZERO[kind]
  const text = String(field.default)
  if (text === 'null') return null
  if (kind === 'string') return text
  return kind === 'boolean' ? text === 'true' : Number(text)
}

function typeName(type: ValueType): string {
  return type.kind === 'array' ? `[]${typeName(type.element)}` : type.kind
}

function plain(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('hex') : value
}

function clip(range: VersionRange, within: VersionRange): VersionRange {
  return { min: Math.max(range.min, within.min), max: Math.min(range.max, within.max) }
}

function print(range: VersionRange): string {
  return range.max < range.min ? 'never' : `${range.min}-${range.max}`
}
