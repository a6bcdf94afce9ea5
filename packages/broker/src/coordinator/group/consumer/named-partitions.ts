import type { TopicPartitions as NamedPartitions } from '@streambus/protocol/consumer-protocol'
import type { GroupTopics } from './subscriptions.ts'
import type { TopicPartitions } from './topic-partitions.ts'

// Classic members speak of topics by name, groups of the consumer protocol by id.

/** What exists of these partitions, each once. */
export function byTopicId(list: readonly NamedPartitions[], topics: GroupTopics): TopicPartitions {
  const all = new Map<string, readonly number[]>()
  for (const { topic: name, partitions } of list) {
    const topic = topics.topicByName(name)
    if (topic === undefined) continue
    const numbers = new Set([...(all.get(topic.id) ?? []), ...partitions])
    const present = [...numbers].filter(number => topic.partitions[number] !== undefined).sort((a, b) => a - b)
    if (present.length > 0) all.set(topic.id, present)
  }
  return all
}

/** Topics that are gone are left out. */
export function byTopicName(partitions: TopicPartitions, topics: GroupTopics): NamedPartitions[] {
  const list: NamedPartitions[] = []
  for (const [topicId, numbers] of partitions) {
    const topic = topics.topicById(topicId)?.name
    if (topic !== undefined) list.push({ topic, partitions: numbers })
  }
  return list
}
