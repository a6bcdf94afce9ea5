import { Packr, Unpackr } from 'msgpackr'

/** What the metadata log holds. The state of the cluster is these records, applied in order. */
export type MetadataRecord =
  | { readonly type: 'cluster'; readonly clusterId: string }
  /** A broker has started. `isClean`: its last stop lost nothing, so its leaderships simply go on. */
  | {
      readonly type: 'broker'
      readonly nodeId: number
      readonly host: string
      readonly port: number
      readonly rack: string | null
      readonly isClean: boolean
    }
  | { readonly type: 'topic'; readonly name: string; readonly id: string }
  | {
      readonly type: 'partition'
      readonly topicId: string
      readonly index: number
      readonly leader: number
      readonly leaderEpoch: number
      readonly partitionEpoch: number
      readonly replicas: readonly number[]
      readonly isr: readonly number[]
      /** See PartitionImage. */
      readonly directories?: readonly string[]
    }
  | { readonly type: 'topic-removed'; readonly topicId: string }
  /** `value` null takes the setting back. Brokers are named by their id, '' is the default of all brokers. */
  | {
      readonly type: 'config'
      readonly resource: ConfigResource
      readonly name: string
      readonly key: string
      readonly value: string | null
    }
  /** Producer ids below `next` are spoken for. */
  | { readonly type: 'producer-ids'; readonly next: number }

export type ConfigResource = 'topic' | 'broker'

const VERSION = 0
const packr = (): Packr => new Packr({ useRecords: false, moreTypes: false })
const unpackr = (): Unpackr => new Unpackr({ useRecords: false, moreTypes: false })

/** A record newer than this program, or bytes that are none: the metadata log cannot be read, nothing is guessed. */
export class UnknownMetadataRecord extends Error {
  override readonly name = 'UnknownMetadataRecord'
}

/** Encodes and decodes records as msgpack maps `{v: version, ...record}`. */
export class RecordCodec {
  readonly #packr = packr()
  readonly #unpackr = unpackr()

  encode(record: MetadataRecord): Buffer {
    return Buffer.from(this.#packr.pack({ v: VERSION, ...record }))
  }

  decode(bytes: Uint8Array): MetadataRecord {
    const value: unknown = this.#unpackr.unpack(bytes)
    if (typeof value !== 'object' || value === null || !('v' in value) || !('type' in value)) {
      throw new UnknownMetadataRecord('a metadata record is not a map with a version and a type')
    }
    if (value.v !== VERSION || !isType(value.type)) {
      throw new UnknownMetadataRecord(
        `metadata record ${String(value.type)} v${String(value.v)}: this program knows v${VERSION}`
      )
    }
    const { v: _, ...record } = value
    return record as unknown as MetadataRecord
  }
}

const TYPES: Record<MetadataRecord['type'], true> = {
  cluster: true,
  broker: true,
  topic: true,
  partition: true,
  'topic-removed': true,
  config: true,
  'producer-ids': true
}

function isType(value: unknown): value is MetadataRecord['type'] {
  return typeof value === 'string' && Object.hasOwn(TYPES, value)
}
