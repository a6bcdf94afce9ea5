import { expect, test } from 'vitest'
import { apis } from '../../src/api.ts'
import { definitionsMissing, readDefinition } from '../support/kafka-definitions.ts'
import { parseVersions } from '../support/row-values.ts'
import { rowsOfDefinition, rowsOfTable } from '../support/rows.ts'
import { tables } from '../support/tables.ts'

if (definitionsMissing !== null) process.stderr.write(`skipped: ${definitionsMissing}\n`)

// Versions below Kafka's floor that its definitions still describe field by field.
const BELOW_KAFKAS_FLOOR = new Set([
  'CreateTopicsRequest',
  'CreateTopicsResponse',
  'DeleteTopicsRequest',
  'DeleteTopicsResponse'
])

test.skipIf(definitionsMissing !== null).each(tables.map(table => [table.name, table] as const))(
  '%s is what Kafka defines, field by field',
  (name, table) => {
    const definition = readDefinition(name)
    const valid = parseVersions(definition.validVersions)
    expect(table.versions.max).toBeLessThanOrEqual(valid.max)
    if (!BELOW_KAFKAS_FLOOR.has(name)) expect(table.versions.min).toBe(valid.min)
    const flexible = parseVersions(definition.flexibleVersions)
    expect(table.flexibleFrom).toBe(flexible.max < flexible.min ? Number.POSITIVE_INFINITY : flexible.min)
    expect(rowsOfTable(table.fields, table.versions)).toEqual(rowsOfDefinition(definition, table.versions))
  }
)

test.skipIf(definitionsMissing !== null).each(Object.values(apis).map(schema => [schema.name, schema.key] as const))(
  '%s has key %i',
  (name, key) => {
    expect(readDefinition(`${name}Request`).apiKey).toBe(key)
    expect(readDefinition(`${name}Response`).apiKey).toBe(key)
  }
)
