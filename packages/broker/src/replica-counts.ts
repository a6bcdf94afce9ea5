import type { TopicImage } from './controller/image.ts'
import type { ReplicaCounts } from './observability/broker-view.ts'
import type { PartitionSet } from './partition/partition-set.ts'

/** How the replicas of all partitions stand for broker `nodeId`, by the metadata. */
export function countReplicas(topics: Iterable<TopicImage>, partitions: PartitionSet, nodeId: number): ReplicaCounts {
  const counts = { led: 0, underReplicated: 0, underMinIsr: 0, atMinIsr: 0, preferred: 0, preferredLed: 0 }
  for (const topic of topics) {
    for (const { index, leader, replicas, isr } of topic.partitions) {
      const isLed = leader === nodeId
      if (replicas[0] === nodeId) {
        counts.preferred++
        if (isLed) counts.preferredLed++
      }
      if (!isLed) continue
      const partition = partitions.find(topic.name, index)
      // One that is offline here has nobody who leads it.
      if (partition !== undefined) counts.led++
      if (isr.length < replicas.length) counts.underReplicated++
      const minIsr = partition?.settings.minInsyncReplicas ?? 1
      if (isr.length < minIsr) counts.underMinIsr++
      else if (isr.length === minIsr && replicas.length > 1) counts.atMinIsr++
    }
  }
  return counts
}
