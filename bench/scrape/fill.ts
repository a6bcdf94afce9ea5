import { setTimeout as sleep } from 'node:timers/promises'
import { createTopicsApi, Errors, findCoordinatorApi, offsetCommitApi, produceApi } from '@streambus/protocol'
import { buildBatch } from '../batch.ts'
import { ask } from '../topics.ts'
import type { Address } from '../wire-socket.ts'

export interface FillSizes {
  readonly topics: number
  readonly partitions: number
  readonly groups: number
}

/** Eleven series each partition, ten each topic: above 50,000 with those that every broker has. */
export const FULL: FillSizes = { topics: 480, partitions: 9, groups: 100 }
export const TINY: FillSizes = { topics: 3, partitions: 2, groups: 2 }

const TOPICS_PER_REQUEST = 20
const COORDINATOR_MS_MAX = 30_000

/** Topics with one record in each partition, and groups that have read none of them. */
export async function fill(address: Address, { topics, partitions, groups }: FillSizes): Promise<void> {
  const names = Array.from({ length: topics }, (_, i) => `topic-${String(i).padStart(4, '0')}`)
  for (let i = 0; i < topics; i += TOPICS_PER_REQUEST) {
    const wanted = names.slice(i, i + TOPICS_PER_REQUEST)
    await createTopics(address, wanted, partitions)
  }
  for (const name of names) await produceOne(address, name, partitions)
  await becomesCoordinator(address)
  for (let i = 0; i < groups; i++) await commit(address, `group-${i}`, { topic: names[i] ?? '', partitions })
}

async function createTopics(address: Address, names: readonly string[], partitions: number): Promise<void> {
  const wanted = names.map(name => {
    return { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }
  })
  const { topics } = await ask(address, createTopicsApi, 5, { topics: wanted, timeoutMs: 60_000 })
  for (const { name, errorCode } of topics) check(`creating ${name}`, errorCode)
}

async function produceOne(address: Address, name: string, partitions: number): Promise<void> {
  const records = buildBatch({ recordBytes: 100, recordCount: 1 }, 1)
  const partitionData = indices(partitions).map(index => ({ index, records }))
  const topicData = [{ name, partitionData }]
  const { responses } = await ask(address, produceApi, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 60_000,
    topicData
  })
  for (const { errorCode } of responses[0]?.partitionResponses ?? []) check(`producing to ${name}`, errorCode)
}

/** The topic of the groups is made when somebody asks for it. */
async function becomesCoordinator(address: Address): Promise<void> {
  const untilMs = performance.now() + COORDINATOR_MS_MAX
  for (;;) {
    const { errorCode } = await ask(address, findCoordinatorApi, 3, { key: 'group-0', keyType: 0 })
    if (errorCode === Errors.NONE.code) return
    if (performance.now() > untilMs) check('finding the coordinator', errorCode)
    await sleep(20)
  }
}

/** As a consumer does that assigns its partitions itself. */
async function commit(
  address: Address,
  groupId: string,
  { topic, partitions }: { readonly topic: string; readonly partitions: number }
): Promise<void> {
  const committed = indices(partitions).map(partitionIndex => ({
    partitionIndex,
    committedOffset: 0,
    committedLeaderEpoch: -1,
    committedMetadata: ''
  }))
  const { topics } = await ask(address, offsetCommitApi, 8, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [{ name: topic, partitions: committed }]
  })
  for (const { errorCode } of topics[0]?.partitions ?? []) check(`committing for ${groupId}`, errorCode)
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

function check(what: string, errorCode: number): void {
  if (errorCode !== 0) throw new Error(`${what}: error code ${errorCode}`)
}
