import { Admin } from '@platformatic/kafka'
import kafkajs from 'kafkajs'

/** What the scenario asks of an admin client, of groups on one topic. */
export interface GroupAdmin {
  readonly name: string
  list(): Promise<readonly string[]>
  /** Its state, and how many members it has. */
  describe(group: string): Promise<{ readonly state: string; readonly members: number }>
  /** By partition; those without one are left out. */
  offsets(group: string, topic: string): Promise<Readonly<Record<number, number>>>
  alterOffsets(group: string, topic: string, offsets: Readonly<Record<number, number>>): Promise<void>
  deleteOffsets?(group: string, topic: string, partitions: readonly number[]): Promise<void>
  deleteGroup(group: string): Promise<void>
  close(): Promise<void>
}

function byPartition(rows: readonly (readonly [partition: number, offset: number])[]): Record<number, number> {
  return Object.fromEntries(rows.filter(([, offset]) => offset >= 0))
}

export async function openKafkaJsAdmin(bootstrap: string): Promise<GroupAdmin> {
  const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 3 }
  const admin = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING, retry }).admin()
  await admin.connect()
  return {
    name: 'KafkaJS 2.2.4',
    list: async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId),
    async describe(group) {
      const [found] = (await admin.describeGroups([group])).groups
      return { state: found?.state ?? '', members: found?.members.length ?? 0 }
    },
    async offsets(group, topic) {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      return byPartition((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]))
    },
    async alterOffsets(group, topic, offsets) {
      const partitions = Object.entries(offsets).map(([id, offset]) => ({ partition: +id, offset: String(offset) }))
      await admin.setOffsets({ groupId: group, topic, partitions })
    },
    async deleteGroup(group) {
      await admin.deleteGroups([group])
    },
    close: async () => admin.disconnect()
  }
}

export async function openPlatformaticAdmin(bootstrap: string): Promise<GroupAdmin> {
  const admin = new Admin({ clientId: 'compat', bootstrapBrokers: [bootstrap], retries: 3, retryDelay: 200 })
  return {
    name: '@platformatic/kafka 2.12.1',
    list: async () => [...(await admin.listGroups()).keys()],
    async describe(group) {
      const found = (await admin.describeGroups({ groups: [group] })).get(group)
      return { state: found?.state ?? '', members: found?.members.size ?? 0 }
    },
    async offsets(group, topic) {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [group] })
      const partitions = found?.topics.find(({ name }) => name === topic)?.partitions ?? []
      return byPartition(partitions.map(each => [each.partitionIndex, Number(each.committedOffset)]))
    },
    async alterOffsets(group, topic, offsets) {
      const partitionOffsets = Object.entries(offsets).map(([id, offset]) => ({
        partition: Number(id),
        offset: BigInt(offset)
      }))
      await admin.alterConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionOffsets }] })
    },
    async deleteOffsets(group, topic, partitions) {
      const topics = [{ name: topic, partitionIndexes: [...partitions] }]
      await admin.deleteConsumerGroupOffsets({ groupId: group, topics })
    },
    async deleteGroup(group) {
      await admin.deleteGroups({ groups: [group] })
    },
    close: async () => admin.close()
  }
}
