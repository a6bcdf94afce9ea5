import { setTimeout as sleep } from 'node:timers/promises'
import { type FetchLoad, runFetch } from '../fetch-load.ts'
import { type ProduceLoad, runProduce } from '../load.ts'
import { createTopic, deleteTopic, latestOffset } from '../topics.ts'
import type { Address } from '../wire-socket.ts'

const KIB = 1024
const SETTLE_MS_MAX = 10_000
const ROUND_MS_MAX = 20_000
const FETCHES_PER_BATCH = 16

interface Shape {
  readonly name: string
  readonly recordBytes: number
  readonly batchBytes: number
  readonly connections: number
  readonly inFlight: number
  /** Of each round. */
  readonly requests: number
}

export interface ProduceShape extends Shape {
  readonly kind: 'produce'
  readonly acks: -1 | 1
}

/** Each answer holds one batch. */
export interface FetchShape extends Shape {
  readonly kind: 'fetch'
}

export type LoadShape = ProduceShape | FetchShape

/** One record per request shows what a request costs; whole batches what throughput does. */
export const LOADS: readonly LoadShape[] = [
  {
    kind: 'produce',
    name: 'produce acks=1, one record of 100 B ×10',
    acks: 1,
    recordBytes: 100,
    batchBytes: 100,
    connections: 10,
    inFlight: 5,
    requests: 16_000
  },
  {
    kind: 'produce',
    name: 'produce acks=1, 64 KiB of 1 KiB ×1',
    acks: 1,
    recordBytes: KIB,
    batchBytes: 64 * KIB,
    connections: 1,
    inFlight: 5,
    requests: 5_000
  },
  {
    kind: 'produce',
    name: 'produce acks=all, 64 KiB of 1 KiB ×10',
    acks: -1,
    recordBytes: KIB,
    batchBytes: 64 * KIB,
    connections: 10,
    inFlight: 5,
    requests: 4_000
  },
  {
    kind: 'fetch',
    name: 'fetch, 64 KiB of 1 KiB ×10',
    recordBytes: KIB,
    batchBytes: 64 * KIB,
    connections: 10,
    inFlight: 1,
    requests: 8_000
  }
]

/** The same with fewer requests, at least one per connection. */
export function shortened(load: LoadShape, share: number): LoadShape {
  return { ...load, requests: Math.max(load.connections, Math.ceil(load.requests * share)) }
}

/** One round is over: so many requests in so many seconds, all answers right and nothing lost. */
export interface RoundMoved {
  readonly requests: number
  readonly seconds: number
}

/** A load that is ready to run against one broker. */
export interface Round {
  run(): Promise<RoundMoved>
  /** Checks what the log holds and removes it. */
  end(): Promise<void>
}

let topicCount = 0

/** A topic of its own for each round, so that no round finds more than the one before did. */
export async function prepareRound(address: Address, shape: LoadShape): Promise<Round> {
  const topic = `overhead-${process.pid}-${topicCount++}`
  const { connections: partitions } = shape
  await createTopic(address, topic, partitions)
  const produced = produceLoad(shape, topic)
  let records = 0
  const produce = async (): Promise<RoundMoved> => {
    const moved = await runProduce(address, produced)
    records = moved.records
    return moved
  }
  let run: Round['run'] = produce
  if (shape.kind === 'fetch') {
    await produce()
    const load = fetchLoad(shape, topic, await settledOffsets(address, topic, { partitions, records }))
    run = () => runFetch(address, load)
  }
  return {
    run,
    async end() {
      await settledOffsets(address, topic, { partitions, records })
      await deleteTopic(address, topic)
    }
  }
}

/** What a fetch reads is written once, and read several times. */
function produceLoad(shape: LoadShape, topic: string): ProduceLoad {
  const { kind, connections, recordBytes, batchBytes, inFlight, requests } = shape
  const isFetch = kind === 'fetch'
  return {
    topic,
    partitions: connections,
    connections,
    acks: isFetch ? 1 : shape.acks,
    recordBytes,
    batchBytes,
    inFlight: isFetch ? 5 : inFlight,
    bytesMax: (isFetch ? Math.ceil(requests / FETCHES_PER_BATCH) : requests) * batchBytes,
    durationMsMax: ROUND_MS_MAX
  }
}

function fetchLoad(shape: FetchShape, topic: string, endOffsets: readonly number[]): FetchLoad {
  const { connections, recordBytes, batchBytes, requests } = shape
  return {
    topic,
    partitions: connections,
    connections,
    recordBytes,
    // Less than two batches: one request, one batch.
    partitionBytesMax: Math.ceil(batchBytes * 1.5),
    bytesMax: requests * batchBytes,
    durationMsMax: ROUND_MS_MAX,
    endOffsets
  }
}

/** Where the partitions end, when all that was acknowledged can be read; with acks=1 that is a sync later. */
async function settledOffsets(
  address: Address,
  topic: string,
  { partitions, records }: { readonly partitions: number; readonly records: number }
): Promise<readonly number[]> {
  const untilMs = performance.now() + SETTLE_MS_MAX
  for (;;) {
    const offsets: number[] = []
    for (let i = 0; i < partitions; i++) offsets.push(await latestOffset(address, topic, i))
    const found = offsets.reduce((sum, offset) => sum + offset, 0)
    if (found === records) return offsets
    if (found > records || performance.now() > untilMs) {
      throw new Error(`${topic}: ${records} records were acknowledged, its partitions end at ${found}`)
    }
    await sleep(10)
  }
}
