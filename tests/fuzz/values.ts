import type { SeededPrng } from '@streambus/testkit'

/** A row of a message table, as far as the fuzzer reads it (the tables carry more than their public type says). */
export interface FieldRow {
  readonly name: string
  readonly type: { readonly kind: string; readonly fields?: readonly FieldRow[]; readonly element?: FieldRow['type'] }
  readonly versions: { readonly min: number; readonly max: number }
  readonly nullable: { readonly min: number; readonly max: number }
  readonly tag: number | null
  readonly fallback: unknown
}

/** What the values of a request may name. */
export interface Vocabulary {
  /** A topic that exists, for requests that only look. */
  readonly topic: string
  readonly topicId: string
  /** Never valid as a topic's name, however one of its bytes changes: for requests that would change something. */
  readonly illegalTopic: string
  /** Record bytes that no broker may accept. */
  records(prng: SeededPrng): Buffer | null
}

const INTEGERS: Readonly<Record<string, readonly number[]>> = {
  int8: [-128, -2, -1, 0, 1, 2, 127],
  int16: [-32_768, -2, -1, 0, 1, 2, 32_767],
  uint16: [0, 1, 32_768, 65_535],
  int32: [-(2 ** 31), -65_536, -2, -1, 0, 1, 2, 100, 65_536, 2 ** 31 - 1],
  uint32: [0, 1, 2 ** 31, 2 ** 32 - 1],
  int64: [-Number.MAX_SAFE_INTEGER, -3, -2, -1, 0, 1, 5, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]
}
const STRINGS = [
  '',
  ' ',
  '.',
  '..',
  'a',
  'x'.repeat(249),
  'x'.repeat(250),
  'x'.repeat(3000),
  'Ω≈ç',
  '\u0000',
  '__proto__'
]
const ELEMENTS_MAX = 4

/** Requests that change topics get names that cannot exist. */
const LOOKING = new Set([
  'Produce',
  'Fetch',
  'ListOffsets',
  'Metadata',
  'OffsetForLeaderEpoch',
  'DescribeConfigs',
  'DescribeTopicPartitions',
  'DescribeLogDirs'
])

/** Waits are kept short, so that a slow answer is a fault. */
const SHORT_WAITS = new Set(['maxWaitMs', 'timeoutMs'])

/** Arbitrary values of a message at one version, boundary values preferred. */
export class ValueMaker {
  readonly #prng: SeededPrng
  readonly #vocabulary: Vocabulary
  readonly #looks: boolean

  constructor(api: string, prng: SeededPrng, vocabulary: Vocabulary) {
    this.#looks = LOOKING.has(api)
    this.#prng = prng
    this.#vocabulary = vocabulary
  }

  struct(fields: readonly FieldRow[], version: number): Record<string, unknown> {
    const present = fields.filter(({ versions }) => includes(versions, version))
    return Object.fromEntries(present.map(field => [field.name, this.#field(field, version)]))
  }

  #field(field: FieldRow, version: number): unknown {
    const prng = this.#prng
    if (SHORT_WAITS.has(field.name)) return prng.pick([-1, 0, 1, 20])
    if (field.name === 'validateOnly') return true
    if (field.name === 'allowAutoTopicCreation') return false
    if (field.tag !== null && prng.chance(0.5)) return field.fallback
    if (includes(field.nullable, version) && prng.chance(0.15)) return null
    return this.#value(field.type, { name: field.name, version })
  }

  #value(type: FieldRow['type'], { name, version }: { readonly name: string; readonly version: number }): unknown {
    const prng = this.#prng
    if (type.kind === 'struct') return this.struct(type.fields ?? [], version)
    if (type.kind === 'array') {
      const element = type.element ?? { kind: 'int8' }
      return Array.from({ length: prng.below(ELEMENTS_MAX + 1) }, () => this.#value(element, { name, version }))
    }
    const integers = INTEGERS[type.kind]
    if (integers !== undefined) return this.#integer(name, integers)
    if (type.kind === 'boolean') return prng.chance(0.5)
    if (type.kind === 'float64') return prng.pick([0, -1, Number.NaN, Number.MAX_VALUE])
    if (type.kind === 'uuid') return this.#looks && prng.chance(0.5) ? this.#vocabulary.topicId : uuid(prng)
    if (type.kind === 'records') return this.#vocabulary.records(prng)
    if (type.kind === 'bytes') return Buffer.from(prng.bytes(prng.below(40)))
    return this.#string(name)
  }

  #integer(name: string, integers: readonly number[]): number {
    // Partition 0 of the topic is there; most requests should get that far.
    if (/partition|index/i.test(name) && this.#prng.chance(0.6)) return 0
    return this.#prng.pick(integers)
  }

  #string(name: string): string {
    const prng = this.#prng
    const isTopic = /^(name|topic|topics|topicNames|resourceName)$/.test(name)
    if (!isTopic) return prng.pick(STRINGS)
    if (!this.#looks) return this.#vocabulary.illegalTopic
    return prng.chance(0.6) ? this.#vocabulary.topic : prng.pick(STRINGS)
  }
}

function includes({ min, max }: { readonly min: number; readonly max: number }, version: number): boolean {
  return version >= min && version <= max
}

function uuid(prng: SeededPrng): string {
  return Buffer.from(prng.bytes(16)).toString('base64url')
}
