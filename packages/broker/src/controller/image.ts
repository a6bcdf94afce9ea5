import { assert, unreachable } from '@streambus/base'
import type { ConfigResource, MetadataRecord } from './records.ts'
import { collisionKey } from './topic-names.ts'

export interface PartitionImage {
  readonly index: number
  /** −1: none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /**
   * Id of the log directory of each replica (KIP-858); '' when its broker has not chosen yet. Undefined: written before
   * this was recorded.
   */
  readonly directories?: readonly string[]
}

export interface TopicImage {
  readonly name: string
  /** 22 characters of base64url; a re-created topic has another one. */
  readonly id: string
  readonly partitions: readonly PartitionImage[]
  /** The topic's own settings, without the broker's defaults. */
  readonly configs: ReadonlyMap<string, string>
}

export interface BrokerInfo {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** What the rest of the broker sees of the metadata: always the committed state, never a speculative one. */
export interface MetadataImage {
  readonly clusterId: string
  /** A live broker that takes admin requests; −1 before one has registered. */
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerInfo>
  readonly topicCount: number
  readonly partitionCount: number
  /** Grows with every topic that comes or goes and every partition that comes. Another one after a start. */
  readonly topicsVersion: number
  readonly nextProducerId: number
  topicByName(name: string): TopicImage | undefined
  topicById(id: string): TopicImage | undefined
  topics(): Iterable<TopicImage>
  configsOf(resource: ConfigResource, name: string): ReadonlyMap<string, string>
}

const NO_CONFIGS: ReadonlyMap<string, string> = new Map()

interface TopicDraft extends TopicImage {
  readonly partitions: PartitionImage[]
  readonly configs: Map<string, string>
}

/**
 * The sum of the metadata records. Topics are replaced, not edited, so that whoever holds a TopicImage holds a
 * consistent one; the tables around them change in place, because copying them for each of 10,000 topics would not do.
 * Within one batch a topic is copied once, or one of 10,000 partitions would be copied 10,000 times.
 */
export class MetadataState implements MetadataImage {
  clusterId = ''
  controllerId = -1
  nextProducerId = 0
  partitionCount = 0
  topicsVersion = 0
  readonly brokers = new Map<number, BrokerInfo>()
  readonly #byName = new Map<string, TopicImage>()
  readonly #nameById = new Map<string, string>()
  readonly #nameByKey = new Map<string, string>()
  readonly #brokerConfigs = new Map<string, Map<string, string>>()
  /** Topics that nobody outside has seen since the last `publish`, so that they may be edited. */
  readonly #drafts = new Map<string, TopicDraft>()

  get topicCount(): number {
    return this.#byName.size
  }

  topicByName(name: string): TopicImage | undefined {
    return this.#byName.get(name)
  }

  topicById(id: string): TopicImage | undefined {
    const name = this.#nameById.get(id)
    return name === undefined ? undefined : this.#byName.get(name)
  }

  topics(): Iterable<TopicImage> {
    return this.#byName.values()
  }

  /** The topic whose name has this collision key, if any. */
  collidingTopic(key: string): string | undefined {
    return this.#nameByKey.get(key)
  }

  configsOf(resource: ConfigResource, name: string): ReadonlyMap<string, string> {
    if (resource === 'broker') return this.#brokerConfigs.get(name) ?? NO_CONFIGS
    return this.#byName.get(name)?.configs ?? NO_CONFIGS
  }

  /** Applies records that belong together. Returns the names of the topics that changed or inherit what changed. */
  applyAll(records: Iterable<MetadataRecord>): ReadonlySet<string> {
    const changed = new Set<string>()
    for (const record of records) {
      const topic = this.apply(record)
      if (topic !== null) changed.add(topic)
      if (!isInheritable(record)) continue
      for (const name of this.#byName.keys()) changed.add(name)
    }
    this.publish()
    return changed
  }

  /** What was read from the image until now stays as it is; without it, the next `apply` may still edit it. */
  publish(): void {
    this.#drafts.clear()
  }

  /** Returns the name of the topic that changed, or null. Deterministic: the same records give the same state. */
  apply(record: MetadataRecord): string | null {
    switch (record.type) {
      case 'cluster':
        this.clusterId = record.clusterId
        return null
      case 'broker':
        this.#register(record)
        return null
      case 'topic':
        return this.#addTopic(record)
      case 'partition':
        return this.#setPartition(record)
      case 'topic-removed':
        return this.#removeTopic(record.topicId)
      case 'config':
        return this.#setConfig(record)
      case 'producer-ids':
        assert(record.next > this.nextProducerId, 'producer ids only rise')
        this.nextProducerId = record.next
        return null
      default:
        return unreachable(record)
    }
  }

  #addTopic({ name, id }: Extract<MetadataRecord, { type: 'topic' }>): string {
    assert(!this.#byName.has(name), 'a topic name is free before it is used again')
    this.#setDraft({ name, id, partitions: [], configs: new Map() })
    this.#nameById.set(id, name)
    this.#nameByKey.set(collisionKey(name), name)
    this.topicsVersion++
    return name
  }

  #setDraft(draft: TopicDraft): void {
    this.#drafts.set(draft.name, draft)
    this.#byName.set(draft.name, draft)
  }

  #draft(topic: TopicImage): TopicDraft {
    const present = this.#drafts.get(topic.name)
    if (present !== undefined) return present
    const draft = { ...topic, partitions: [...topic.partitions], configs: new Map(topic.configs) }
    this.#setDraft(draft)
    return draft
  }

  /** An unclean start may have lost an unsynced tail: a new epoch lets clients notice (KIP-320). */
  #register(record: Extract<MetadataRecord, { type: 'broker' }>): void {
    const { nodeId, host, port, rack, isClean } = record
    this.brokers.set(nodeId, { nodeId, host, port, rack })
    this.controllerId = nodeId
    if (isClean) return
    for (const topic of this.#byName.values()) {
      const { partitions } = this.#draft(topic)
      for (const [index, partition] of partitions.entries()) {
        if (partition.leader !== nodeId) continue
        partitions[index] = { ...partition, leaderEpoch: partition.leaderEpoch + 1 }
      }
    }
  }

  #setPartition(record: Extract<MetadataRecord, { type: 'partition' }>): string {
    const topic = this.topicById(record.topicId)
    assert(topic !== undefined, 'a partition belongs to a topic')
    const { type: _, topicId: __, ...partition } = record
    const { partitions } = this.#draft(topic)
    if (partitions[record.index] === undefined) {
      this.partitionCount++
      this.topicsVersion++
    }
    partitions[record.index] = partition
    return topic.name
  }

  #removeTopic(topicId: string): string {
    const topic = this.topicById(topicId)
    assert(topic !== undefined, 'only a topic that exists is removed')
    this.partitionCount -= topic.partitions.length
    this.#byName.delete(topic.name)
    this.#drafts.delete(topic.name)
    this.#nameById.delete(topicId)
    this.#nameByKey.delete(collisionKey(topic.name))
    this.topicsVersion++
    return topic.name
  }

  #setConfig({ resource, name, key, value }: Extract<MetadataRecord, { type: 'config' }>): string | null {
    if (resource === 'broker') {
      const configs = new Map(this.#brokerConfigs.get(name))
      setOrDelete(configs, key, value)
      this.#brokerConfigs.set(name, configs)
      return null
    }
    const topic = this.#byName.get(name)
    assert(topic !== undefined, 'topic settings belong to a topic')
    setOrDelete(this.#draft(topic).configs, key, value)
    return name
  }
}

/** Topics take what they do not set themselves from the broker. */
function isInheritable(record: MetadataRecord): boolean {
  return record.type === 'config' && record.resource === 'broker'
}

function setOrDelete(configs: Map<string, string>, key: string, value: string | null): void {
  if (value === null) configs.delete(key)
  else configs.set(key, value)
}
