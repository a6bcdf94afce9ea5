export interface Topic {
  readonly name: string
  readonly id: string
  readonly partitionCount: number
}

/** A partition as it is called everywhere here. */
export function partitionName(topic: string, index: number): string {
  return `${topic}-${index}`
}

/** The topics that there are, as clients know them from metadata that is never out of date. */
export class Topics {
  readonly #byName = new Map<string, Topic>()
  readonly #byId = new Map<string, Topic>()

  add(topic: Topic): void {
    this.#byName.set(topic.name, topic)
    this.#byId.set(topic.id, topic)
  }

  all(): readonly Topic[] {
    return [...this.#byName.values()]
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }

  get(name: string): Topic {
    const topic = this.#byName.get(name)
    if (topic === undefined) throw new Error(`there is no topic ${name}`)
    return topic
  }

  /** All partitions of a topic. */
  partitionsOf(name: string): string[] {
    return Array.from({ length: this.get(name).partitionCount }, (_, index) => partitionName(name, index))
  }

  /** Partitions as requests of the consumer protocol list them. */
  toWire(partitions: Iterable<string>): { topicId: string; partitions: number[] }[] {
    const byTopic = new Map<string, number[]>()
    for (const partition of [...partitions].sort()) {
      const { topic, index } = splitPartition(partition)
      const indexes = byTopic.get(topic) ?? []
      byTopic.set(topic, indexes)
      indexes.push(index)
    }
    return [...byTopic].map(([topic, indexes]) => ({ topicId: this.get(topic).id, partitions: indexes }))
  }

  /** Throws Error for a topic that there is not. */
  fromWire(lists: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]): string[] {
    return lists.flatMap(({ topicId, partitions }) => {
      const topic = this.#byId.get(topicId)
      if (topic === undefined) throw new Error(`there is no topic with the id ${topicId}`)
      return partitions.map(index => partitionName(topic.name, index))
    })
  }
}

export function splitPartition(partition: string): { readonly topic: string; readonly index: number } {
  const at = partition.lastIndexOf('-')
  return { topic: partition.slice(0, at), index: Number(partition.slice(at + 1)) }
}
