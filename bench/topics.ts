import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ApiSchema,
  apiVersionsApi,
  createTopicsApi,
  decodeResponse,
  deleteTopicsApi,
  encodeRequestFrame,
  type Input
} from '@streambus/protocol'
import { listedOffset, listOffsetsFrame } from './kafka-frames.ts'
import { type Address, Caller } from './wire-socket.ts'

const READY_MS_MAX = 30_000

/** One request on a connection of its own. */
export async function ask<Req, Res>(
  address: Address,
  api: ApiSchema<Req, Res>,
  version: number,
  body: Input<Req>
): Promise<Res> {
  const caller = await Caller.connect(address)
  try {
    const answer = await caller.call(encodeRequestFrame({ api, version, correlationId: 1, clientId: 'bench', body }))
    return decodeResponse(api, version, answer).body
  } finally {
    await caller.close()
  }
}

/**
 * Creates a topic and waits until every partition answers as leader: Kafka shows a topic in its metadata a moment
 * before it takes records for it, and then closes a connection that produces with acks=0.
 */
export async function createTopic(address: Address, name: string, partitions: number): Promise<void> {
  const topic = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }
  const created = await ask(address, createTopicsApi, 5, { topics: [topic], timeoutMs: READY_MS_MAX })
  const errorCode = created.topics[0]?.errorCode
  if (errorCode !== 0) throw new Error(`topic ${name} was not created: ${JSON.stringify(created)}`)
  for (let partition = 0; partition < partitions; partition++) await leads(address, name, partition)
}

async function leads(address: Address, topic: string, partition: number): Promise<void> {
  const deadlineMs = performance.now() + READY_MS_MAX
  for (;;) {
    try {
      await latestOffset(address, topic, partition)
      return
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
      await sleep(20)
    }
  }
}

export async function deleteTopic(address: Address, name: string): Promise<void> {
  const deleted = await ask(address, deleteTopicsApi, 4, { topicNames: [name], timeoutMs: READY_MS_MAX })
  if (deleted.responses[0]?.errorCode !== 0)
    throw new Error(`topic ${name} was not deleted: ${JSON.stringify(deleted)}`)
}

/** True when the broker answers ApiVersions without error: what clients do first. */
export async function isServing(address: Address): Promise<boolean> {
  try {
    return (await ask(address, apiVersionsApi, 0, {})).errorCode === 0
  } catch {
    return false
  }
}

export async function latestOffset(address: Address, topic: string, partition: number): Promise<number> {
  const caller = await Caller.connect(address)
  try {
    return listedOffset(await caller.call([listOffsetsFrame(topic, partition)]))
  } finally {
    await caller.close()
  }
}
