/** What a group has committed for a partition. */
export interface CommittedOffset {
  readonly offset: number
  /** Of the record before it; −1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** Wall time. */
  readonly commitMs: number
  /** −1: the broker's retention counts. Clients up to version 4 of OffsetCommit could choose. Wall time. */
  readonly expireMs: number
}

type ByPartition = Map<number, CommittedOffset>
type ByTopic = Map<string, ByPartition>

/** The committed offsets of the groups of one shard. */
export class OffsetStore {
  readonly #groups = new Map<string, ByTopic>()
  #count = 0

  /** How many offsets there are. */
  get count(): number {
    return this.#count
  }

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** By topic, then partition. Empty for a group without offsets. */
  of(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#groups.get(groupId) ?? NONE
  }

  groupIds(): IterableIterator<string> {
    return this.#groups.keys()
  }

  put(groupId: string, topic: string, partition: number, offset: CommittedOffset): void {
    let topics = this.#groups.get(groupId)
    if (topics === undefined) this.#groups.set(groupId, (topics = new Map()))
    let partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, (partitions = new Map()))
    if (!partitions.has(partition)) this.#count++
    partitions.set(partition, offset)
  }

  remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (topics === undefined || partitions?.delete(partition) !== true) return
    this.#count--
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}

const NONE: ByTopic = new Map()
