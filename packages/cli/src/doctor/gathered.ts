import type { Config } from '@streambus/broker'
import type { Address } from '@streambus/wire-client'
import type { Interval } from '../top/rates.ts'
import type { Attempt } from './attempt.ts'

// What the checks judge. Everything in here was looked at from where the operator is.

export interface Gathered {
  /** Every address of --bootstrap. */
  readonly bootstrap: readonly KafkaPort[]
  /** Null: no bootstrap address answers. */
  readonly metadata: Attempt<ClusterFacts> | null
  /** Every broker in the metadata, looked at under the address that it advertises. */
  readonly brokers: readonly BrokerFacts[]
  /** Null: --admin none. */
  readonly admin: AdminFacts | null
  /** Null: no --config. */
  readonly file: FileFacts | null
}

/** An address, and what became of a connection and ApiVersions. */
export interface KafkaPort {
  readonly address: Address
  /** Milliseconds from the connect to the answer. */
  readonly answered: Attempt<number>
  /** It did not answer, and speaks TLS. */
  readonly isTls: boolean
}

export interface ClusterFacts {
  readonly clusterId: string | null
  readonly brokers: readonly { readonly id: number; readonly address: Address }[]
  readonly partitions: readonly PartitionFacts[]
  /** Those with settings of their own; not the internal ones. */
  readonly topics: Attempt<readonly TopicFacts[]>
}

export interface TopicFacts {
  readonly name: string
  readonly replicas: number
  /** What was set on the topic, of the settings that are judged. */
  readonly settings: Settings
}

export interface PartitionFacts {
  /** 'topic-0' */
  readonly name: string
  /** −1: none. */
  readonly leaderId: number
  readonly replicas: number
  readonly inSync: number
}

export interface BrokerFacts extends KafkaPort {
  readonly id: number
  /** Who answers under the address; null when nobody does. */
  readonly identity: Attempt<{ readonly clusterId: string | null; readonly ids: readonly number[] }> | null
  /** Values in force by name, without those that are hidden or not set; an error when another broker answers. */
  readonly settings: Attempt<Settings> | null
  readonly logDirectories: Attempt<readonly LogDirectoryFacts[]> | null
}

export type Settings = ReadonlyMap<string, string>

export interface LogDirectoryFacts {
  readonly path: string
  /** Kafka's name of an error; null: none. */
  readonly error: string | null
  /** −1: not known. */
  readonly totalBytes: number
  readonly usableBytes: number
}

export interface AdminFacts {
  readonly address: Address
  readonly health: Attempt<HealthFacts>
  /** Two scrapes, one after the other. */
  readonly metrics: Attempt<Interval>
}

export interface HealthFacts {
  readonly status: string
  /** As the broker gives it, in seconds of RFC 3339; '' when it gives none. */
  readonly timestamp: string
  /** The wall clock here, before the request and after the answer. */
  readonly sentMs: number
  readonly receivedMs: number
  readonly checks: readonly { readonly name: string; readonly status: string; readonly message: string }[]
}

export interface FileFacts {
  readonly path: string
  readonly config: Attempt<Config>
}
