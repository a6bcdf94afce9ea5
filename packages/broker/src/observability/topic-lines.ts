import type { MetadataImage, TopicImage } from '../controller/image.ts'
import type { Log } from './log.ts'

/** What is remembered of a topic to tell what has changed of it. */
interface Seen {
  readonly id: string
  readonly partitions: number
  readonly configs: ReadonlyMap<string, string>
}

/** Lines about topics that come, go and change, whoever caused it. Not limited: each costs a durable record. */
export class TopicLines {
  readonly #log: Log
  readonly #seen = new Map<string, Seen>()

  /** Of the topics that are there says nothing. */
  constructor(log: Log, image: MetadataImage) {
    this.#log = log
    for (const topic of image.topics()) this.#seen.set(topic.name, seenOf(topic))
  }

  /** After each change of the metadata, with the names of the topics that it was about. */
  changed(names: Iterable<string>, image: MetadataImage): void {
    for (const name of names) this.#changed(name, this.#seen.get(name), image.topicByName(name))
  }

  #changed(name: string, before: Seen | undefined, topic: TopicImage | undefined): void {
    if (topic === undefined) this.#seen.delete(name)
    else this.#seen.set(name, seenOf(topic))
    // Deleted and created anew within one change, too.
    const isSame = before?.id === topic?.id
    if (before !== undefined && !isSame) {
      this.#log.info('topic deleted', { event: 'topic_deleted', topic: name, topic_id: before.id })
    }
    if (topic === undefined) return
    const partitions = topic.partitions.length
    const fields = { topic: name, topic_id: topic.id, partitions }
    if (!isSame || before === undefined) {
      const replicas = topic.partitions[0]?.replicas.length ?? 0
      this.#log.info('topic created', { event: 'topic_created', ...fields, replication_factor: replicas })
      return
    }
    if (partitions !== before.partitions) {
      this.#log.info('partitions added', { event: 'topic_partitions_added', ...fields })
    }
    const settings = changedNames(before.configs, topic.configs)
    if (settings.length === 0) return
    const message = 'settings of a topic changed'
    this.#log.info(message, { event: 'topic_settings_changed', topic: name, settings: settings.join(',') })
  }
}

function seenOf({ id, partitions, configs }: TopicImage): Seen {
  return { id, partitions: partitions.length, configs }
}

function changedNames(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): readonly string[] {
  if (before === now) return []
  const names = new Set([...before.keys(), ...now.keys()])
  return [...names].filter(name => before.get(name) !== now.get(name)).sort()
}
