export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export const CODECS: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
export type Acks = '0' | '1' | 'all'
export const ACKS: readonly Acks[] = ['0', '1', 'all']

export interface CompatRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
  /** Null: the client's own clock. */
  readonly timestampMs: number | null
}

export interface ReadRecord extends CompatRecord {
  readonly offset: number
}

export interface Place {
  readonly topic: string
  readonly partition: number
}

export interface SendOptions {
  readonly codec?: Codec
  readonly acks?: Acks
  readonly idempotent?: boolean
}

export interface ReadOptions {
  readonly from: number | 'earliest' | 'latest'
  readonly count: number
  /** What the client does when `from` is out of range. Default: it fails. */
  readonly reset?: 'earliest' | 'latest' | 'error'
}

export interface StreamOptions {
  /** Values are `prefix-0`, `prefix-1`, …. */
  readonly prefix: string
  readonly count: number
  /** Time over which they are spread. */
  readonly spreadMs: number
}

export interface TopicPartition {
  readonly id: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

/**
 * What the scenarios ask of a client. A client that cannot do something leaves the method out, and the scenarios
 * that need it are skipped with that reason.
 */
export interface CompatClient {
  /** Name and version, as it says. */
  readonly version: string
  readonly codecs: readonly Codec[]
  /** False for a client that drops empty lines or cannot send an empty value. */
  readonly sendsEmptyValues: boolean
  /** Absent: it does. */
  readonly sendsTombstones?: boolean
  /** To where it may read, when it asked for an offset that is not there. Absent: it does. */
  readonly resetsItself?: boolean
  /** 'ascending': a record older than the first of its batch gets a wrong time. */
  readonly sendsTimestamps: boolean | 'ascending'

  /** One record per line of the file. */
  produceLines(place: Place, path: string, options: SendOptions): Promise<void>
  /** Returns each record's offset; null where the client does not learn it. */
  produce(place: Place, records: readonly CompatRecord[], options: SendOptions): Promise<readonly (number | null)[]>
  /** Keeps sending idempotently, five requests in flight where the client can; returns the acknowledged values. */
  produceStream?(place: Place, options: StreamOptions): Promise<readonly string[]>

  /** SHA-256 in hex of the first `count` values, each with a newline behind it. */
  consumeLines?(place: Place, count: number): Promise<string>
  consume?(place: Place, options: ReadOptions): Promise<readonly ReadRecord[]>
  /** The first offset whose record is not older than the given time; null when there is none. */
  offset?(place: Place, at: number | 'earliest' | 'latest'): Promise<number | null>

  listTopics?(): Promise<readonly string[]>
  describeTopic?(topic: string): Promise<readonly TopicPartition[]>
  createTopic?(topic: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void>
  deleteTopic?(topic: string): Promise<void>
  createPartitions?(topic: string, total: number): Promise<void>
  describeConfigs?(topic: string): Promise<Readonly<Record<string, string | null>>>
  alterConfigs?(topic: string, set: Readonly<Record<string, string>>): Promise<void>
  /** Returns the new start of the log. */
  deleteRecords?(place: Place, before: number): Promise<number>

  close(): Promise<void>
}

/** A client, or the reason why there is none on this machine. */
export type OpenClient = (bootstrap: string) => Promise<CompatClient | string>

export function record(value: string | Buffer | null, more: Partial<CompatRecord> = {}): CompatRecord {
  return {
    key: null,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: [],
    timestampMs: null,
    ...more
  }
}
