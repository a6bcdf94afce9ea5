import type { ConsumerMember } from './consumer-member.ts'
import type { TopicPartitions } from './topic-partitions.ts'

/**
 * Which partitions of a group are held by somebody, and since which member epoch: the guard against two owners. A
 * partition that a member must give up is held until it says that it has.
 */
export class PartitionOwners {
  readonly #epochs = new Map<string, Map<number, number>>()

  /** −1: free. */
  epochOf(topicId: string, partition: number): number {
    return this.#epochs.get(topicId)?.get(partition) ?? -1
  }

  /** Replaces what the member held. */
  replace(before: ConsumerMember | null, after: ConsumerMember | null): void {
    if (before !== null) {
      this.#release(before.assigned, before.memberEpoch)
      this.#release(before.pendingRevocation, before.memberEpoch)
    }
    if (after !== null) {
      this.#hold(after.assigned, after.memberEpoch)
      this.#hold(after.pendingRevocation, after.memberEpoch)
    }
  }

  /** Only what is still held in that epoch: records of another member may have taken it over in the meantime. */
  #release(partitions: TopicPartitions, epoch: number): void {
    for (const [topicId, numbers] of partitions) {
      const held = this.#epochs.get(topicId)
      if (held === undefined) continue
      for (const number of numbers) if (held.get(number) === epoch) held.delete(number)
      if (held.size === 0) this.#epochs.delete(topicId)
    }
  }

  #hold(partitions: TopicPartitions, epoch: number): void {
    for (const [topicId, numbers] of partitions) {
      let held = this.#epochs.get(topicId)
      if (held === undefined) this.#epochs.set(topicId, (held = new Map()))
      for (const number of numbers) held.set(number, epoch)
    }
  }
}
