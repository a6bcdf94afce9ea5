import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A field as Apache Kafka's own message definitions write it. */
export interface DefinedField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean
  readonly ignorable?: boolean | string
  readonly fields?: readonly DefinedField[]
}

export interface Definition {
  readonly apiKey: number
  readonly name: string
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly DefinedField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly DefinedField[] }[]
}

const root = resolve(import.meta.dirname, '../../../..')

/** Where Kafka's definitions are looked for; they are not part of this project. */
export const definitionsFolder: string =
  process.env['STREAMBUS_KAFKA_MESSAGES'] ?? resolve(root, '../shared/reference/kafka-messages')

/** Null when the definitions are there, else the reason to skip. */
export const definitionsMissing: string | null = existsSync(resolve(definitionsFolder, 'ProduceRequest.json'))
  ? null
  : `no Kafka message definitions in ${definitionsFolder}; set STREAMBUS_KAFKA_MESSAGES to Kafka's folder of them`

/** JSON with whole-line `//` comments. */
export function readDefinition(name: string): Definition {
  const text = readFileSync(resolve(definitionsFolder, `${name}.json`), 'utf8')
  return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, '')) as Definition
}
