import type { ConfigResource } from '../controller/records.ts'

/** Where a value comes from: Kafka's `ConfigSource` codes. */
export const ConfigSources = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5
} as const

/** Kafka's `ConfigType` code of lists, the only type that can be appended to. */
export const LIST_TYPE = 7

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

/** One setting as DescribeConfigs shows it. */
export interface ConfigRow {
  readonly name: string
  /** The value in force. Null: there is none, or it is sensitive. */
  readonly value: string | null
  /** Cannot be changed while the broker runs. */
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** One of `ConfigSources`. */
  readonly source: number
  /** Kafka's `ConfigType` code: 1 bool, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password. */
  readonly type: number
  readonly documentation: string | null
  /** Where the value was looked for, the winner first. Sensitive values are null here, too. */
  readonly synonyms: readonly ConfigSynonym[]
}

/** What the admin handlers need to know of settings: every key there is, and what may be set. */
export interface ConfigCatalogue {
  /** Every topic setting, in force for a topic with these settings of its own. */
  describeTopic(own: ReadonlyMap<string, string>): readonly ConfigRow[]
  /** Every setting of this broker. */
  describeBroker(): readonly ConfigRow[]
  /**
   * Why a topic or a broker cannot have exactly these settings of its own; null when it can. Names key, value and what
   * is allowed. Unknown keys and, for brokers, keys that are read only at start are problems.
   */
  problem(resource: ConfigResource, own: ReadonlyMap<string, string>): string | null
}
