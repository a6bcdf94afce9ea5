import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  type DeleteTopicsResponse,
  type MetadataResponse,
  ZERO_UUID
} from '@streambus/protocol'

/** Topics by what was answered to those who create and delete them; ids as answers tell them to clients. */
export class TopicTally {
  /** Partitions of the topics that clients have created and not deleted. */
  readonly partitions = new Map<string, number>()
  readonly deleted = new Set<string>()
  readonly #names = new Map<string, string>()

  /** Requests of newer versions name a topic by its id only. */
  nameOf(name: string, id: string): string {
    return id === ZERO_UUID ? name : (this.#names.get(id) ?? name)
  }

  metadata({ topics }: MetadataResponse): void {
    for (const { name, topicId } of topics) if (name !== null) this.#learn(name, topicId)
  }

  created(request: CreateTopicsRequest, { topics }: CreateTopicsResponse): void {
    if (request.validateOnly) return
    for (const { name, topicId, errorCode, numPartitions } of topics) {
      if (errorCode !== 0) continue
      const asked = request.topics.find(topic => topic.name === name)
      this.partitions.set(name, numPartitions >= 0 ? numPartitions : Math.max(1, asked?.numPartitions ?? 1))
      this.deleted.delete(name)
      this.#learn(name, topicId)
    }
  }

  grown(request: CreatePartitionsRequest, { results }: CreatePartitionsResponse): void {
    if (request.validateOnly) return
    for (const { name, errorCode } of results) {
      const asked = request.topics.find(topic => topic.name === name)
      if (errorCode === 0 && asked !== undefined) this.partitions.set(name, asked.count)
    }
  }

  /** Returns their names. */
  removed({ responses }: DeleteTopicsResponse): readonly string[] {
    const removed: string[] = []
    for (const { name, topicId, errorCode } of responses) {
      const known = this.nameOf(name ?? '', topicId)
      if (errorCode !== 0 || known === '') continue
      this.partitions.delete(known)
      this.deleted.add(known)
      removed.push(known)
    }
    return removed
  }

  #learn(name: string, id: string): void {
    if (id !== ZERO_UUID) this.#names.set(id, name)
  }
}
