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

/** Kafka's definitions (clients/src/main/resources/common/message); they are not part of this project. */
const definitionsFolder: string | undefined = process.env['STREAMBUS_KAFKA_MESSAGES']

/** Null when the definitions are there, else the reason to skip. */
export const definitionsMissing: string | null = reasonToSkip()

function reasonToSkip(): string | null {
  const wayOut = 'set STREAMBUS_KAFKA_MESSAGES to clients/src/main/resources/common/message of Apache Kafka'
  if (definitionsFolder === undefined) return `no message definitions of Apache Kafka: ${wayOut}`
  if (existsSync(resolve(definitionsFolder, 'ProduceRequest.json'))) return null
  return `no message definitions of Apache Kafka in ${definitionsFolder}: ${wayOut}`
}

/** JSON with whole-line `//` comments. */
export function readDefinition(name: string): Definition {
  const text = readFileSync(resolve(definitionsFolder ?? '', `${name}.json`), 'utf8')
  return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, '')) as Definition
}
