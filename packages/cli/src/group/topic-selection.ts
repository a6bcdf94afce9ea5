import type { ClusterClient } from '@streambus/wire-client'
import { parseWhole, UsageError } from '../usage-error.ts'

/** Partitions by topic; null: all of the topic. */
export type TopicSelection = ReadonlyMap<string, readonly number[] | null>

const PARTITION_MAX = 2 ** 31 - 1

/** Reads `--topic orders` and `--topic orders:0,1,2`; the same topic again adds to it. Throws UsageError. */
export function parseTopics(texts: readonly string[]): TopicSelection {
  const selection = new Map<string, readonly number[] | null>()
  for (const text of texts) {
    const colon = text.indexOf(':')
    const topic = colon < 0 ? text : text.slice(0, colon)
    if (topic === '') throw new UsageError(`--topic is '${text}'; TOPIC or TOPIC:0,1,2 is expected`)
    const partitions = colon < 0 ? null : parsePartitions(text.slice(colon + 1), text)
    const before = selection.get(topic)
    const isAll = partitions === null || before === null
    selection.set(topic, isAll ? null : [...new Set([...(before ?? []), ...partitions])].sort((a, b) => a - b))
  }
  return selection
}

function parsePartitions(list: string, text: string): number[] {
  return list.split(',').map(part => parseWhole(part, `--topic ${text}: partition`, { min: 0, max: PARTITION_MAX }))
}

/** The partitions that are there. Throws UsageError for one that is not, BrokerError for a topic that is not. */
export async function resolveTopics(cluster: ClusterClient, selection: TopicSelection): Promise<Map<string, number[]>> {
  const resolved = new Map<string, number[]>()
  for (const [name, wanted] of selection) {
    const { partitions } = await cluster.topic(name)
    const all = partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b)
    const missing = wanted?.find(partition => !all.includes(partition))
    if (missing !== undefined) {
      throw new UsageError(`--topic names partition ${missing}; topic ${name} has partitions 0 … ${all.length - 1}`)
    }
    resolved.set(name, wanted === null ? all : [...wanted])
  }
  return resolved
}
