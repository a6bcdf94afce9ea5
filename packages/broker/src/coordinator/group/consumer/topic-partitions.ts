/** Partition numbers, ascending, by topic id. */
export type TopicPartitions = ReadonlyMap<string, readonly number[]>

export const NO_PARTITIONS: TopicPartitions = new Map()

interface Listed {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export function fromList(list: readonly Listed[]): TopicPartitions {
  return new Map(list.map(({ topicId, partitions }) => [topicId, partitions.toSorted((a, b) => a - b)]))
}

export function toList(partitions: TopicPartitions): { topicId: string; partitions: readonly number[] }[] {
  return [...partitions].map(([topicId, numbers]) => ({ topicId, partitions: numbers }))
}

export function isSame(a: TopicPartitions, b: TopicPartitions): boolean {
  if (a.size !== b.size) return false
  for (const [topicId, numbers] of a) {
    const others = b.get(topicId)
    if (others?.length !== numbers.length || numbers.some((number, i) => number !== others[i])) return false
  }
  return true
}

/** Whether all of `part` is in `whole`. */
export function includesAll(whole: TopicPartitions, part: TopicPartitions): boolean {
  for (const [topicId, numbers] of part) {
    const all = whole.get(topicId)
    if (numbers.some(number => all?.includes(number) !== true)) return false
  }
  return true
}

/** What is in one of them or in both, which it is not twice. */
export function union(a: TopicPartitions, b: TopicPartitions): TopicPartitions {
  if (b.size === 0) return a
  const all = new Map(a)
  for (const [topicId, numbers] of b) {
    const together = new Set([...(all.get(topicId) ?? []), ...numbers])
    all.set(
      topicId,
      [...together].sort((x, y) => x - y)
    )
  }
  return all
}
