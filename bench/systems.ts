import { Ceiling, type CeilingMode } from './ceiling.ts'
import { CEILING_TOPIC, pingFrame } from './ceiling-server.ts'
import { compareBatches, runFetch } from './fetch-load.ts'
import { type Latency, type LatencyLoad, runLatency, runPingPong } from './latency.ts'
import { type Moved, type Produced, type ProduceLoad, runProduce } from './load.ts'
import { createTopic, deleteTopic, latestOffset } from './topics.ts'
import type { Address } from './wire-socket.ts'

const PARTITIONS_MAX = 10
const FETCH_BYTES_MAX = 1024 * 1024

const SETTLE_MS_MAX = 5_000
const SETTLE_PAUSE_MS = 20

export type ProduceCase = Omit<ProduceLoad, 'topic' | 'partitions'>
export type LatencyCase = Omit<LatencyLoad, 'topic'>

export interface FetchCase {
  readonly connections: number
  readonly recordBytes: number
  readonly batchBytes: number
  readonly bytesMax: number
  readonly durationMsMax: number
  /** Value bytes in the log that is read, over all its partitions. */
  readonly fileBytes: number
}

/**
 * Something that takes the same load from the same client. Every verb checks what it moved and throws when anything is
 * missing, wrong or too much.
 */
export interface System {
  readonly name: string
  /** Whether it takes part in a figure; the bare server does not know what an acknowledgement is. */
  answers(acks: -1 | 0 | 1): boolean
  produce(load: ProduceCase): Promise<Moved>
  fetch(load: FetchCase): Promise<Moved>
  latency(load: LatencyCase): Promise<Latency>
  /** Null where there is nothing bare to ask. */
  ping(count: number): Promise<Latency | null>
  close(): Promise<void>
}

export async function ceilingSystem(name: string, mode: CeilingMode, where: 'child' | 'here'): Promise<System> {
  const ceiling = await Ceiling.start(mode, where)
  return {
    name,
    answers: acks => !mode.sync || acks === -1,
    // It always answers: pouring without answers is not faster than five in flight, and would need decoding to end.
    produce: load => ceiling.produce({ ...load, acks: 1 }),
    fetch: load => ceiling.fetch({ ...load, answerBytesMax: FETCH_BYTES_MAX }),
    latency: load => runLatency(ceiling.address, { ...load, topic: CEILING_TOPIC }),
    ping: count => runPingPong(ceiling.address, pingFrame(), count),
    close: () => ceiling.close()
  }
}

/** A broker that speaks Kafka's protocol, ours or another. */
export class BrokerSystem implements System {
  readonly name: string
  readonly #address: Address
  readonly #close: () => Promise<void>
  readonly #filled = new Map<string, { topic: string; produced: Produced; endOffsets: readonly number[] }>()
  #topicCount = 0

  constructor(name: string, address: Address, close: () => Promise<void> = async () => {}) {
    this.name = name
    this.#address = address
    this.#close = close
  }

  answers(): boolean {
    return true
  }

  async produce(load: ProduceCase): Promise<Moved> {
    const partitions = Math.min(load.connections, PARTITIONS_MAX)
    const topic = await this.#newTopic(partitions)
    const produced = await runProduce(this.#address, { ...load, topic, partitions })
    await this.#readBack(topic, partitions, { load, produced })
    await deleteTopic(this.#address, topic)
    return produced
  }

  async fetch(load: FetchCase): Promise<Moved> {
    const partitions = Math.min(load.connections, PARTITIONS_MAX)
    const { topic, endOffsets } = await this.#fill(load, partitions)
    const { connections, recordBytes, bytesMax, durationMsMax } = load
    const limits = { connections, recordBytes, bytesMax, durationMsMax, partitionBytesMax: FETCH_BYTES_MAX }
    return runFetch(this.#address, { ...limits, topic, partitions, endOffsets })
  }

  async latency(load: LatencyCase): Promise<Latency> {
    const topic = await this.#newTopic(1)
    const latency = await runLatency(this.#address, { ...load, topic })
    await deleteTopic(this.#address, topic)
    return latency
  }

  async ping(): Promise<null> {
    return null
  }

  async close(): Promise<void> {
    for (const { topic } of this.#filled.values()) await deleteTopic(this.#address, topic)
    await this.#close()
  }

  async #newTopic(partitions: number): Promise<string> {
    const name = `bench-${process.pid}-${Math.floor(performance.timeOrigin) % 1e6}-${this.#topicCount++}`
    await createTopic(this.#address, name, partitions)
    return name
  }

  /**
   * Reads every partition once: the same batches as were sent, each as often, at contiguous offsets, checksums right.
   */
  async #readBack(
    topic: string,
    partitions: number,
    { load, produced }: { load: { recordBytes: number }; produced: Produced }
  ): Promise<readonly number[]> {
    const { endOffsets, total } = await this.#settledEndOffsets(topic, partitions, produced.records)
    if (total !== produced.records)
      throw new Error(`${this.name}: ${produced.records} records produced, the log holds ${total}`)
    const found = await runFetch(this.#address, {
      topic,
      partitions,
      connections: partitions,
      recordBytes: load.recordBytes,
      partitionBytesMax: FETCH_BYTES_MAX,
      bytesMax: 0,
      durationMsMax: 0,
      endOffsets
    })
    compareBatches(produced.batchesByCrc, found.batchesByCrc)
    return endOffsets
  }

  /** Without acks=all the last batches may be readable only a moment after the load has ended. */
  async #settledEndOffsets(
    topic: string,
    partitions: number,
    records: number
  ): Promise<{ endOffsets: readonly number[]; total: number }> {
    const untilMs = performance.now() + SETTLE_MS_MAX
    for (;;) {
      const endOffsets = await this.#endOffsets(topic, partitions)
      const total = endOffsets.reduce((sum, offset) => sum + offset, 0)
      if (total >= records || performance.now() > untilMs) return { endOffsets, total }
      await new Promise(resolve => setTimeout(resolve, SETTLE_PAUSE_MS))
    }
  }

  async #fill(load: FetchCase, partitions: number): Promise<{ topic: string; endOffsets: readonly number[] }> {
    const key = `${load.recordBytes} ${partitions}`
    const known = this.#filled.get(key)
    if (known !== undefined) return known
    for (const [oldKey, { topic }] of this.#filled) {
      await deleteTopic(this.#address, topic)
      this.#filled.delete(oldKey)
    }
    const topic = await this.#newTopic(partitions)
    const { recordBytes, batchBytes } = load
    const sizes = { recordBytes, batchBytes, bytesMax: load.fileBytes, durationMsMax: 60_000 }
    const produced = await runProduce(this.#address, {
      ...sizes,
      topic,
      partitions,
      connections: partitions,
      acks: 1,
      inFlight: 5
    })
    const filled = { topic, produced, endOffsets: await this.#readBack(topic, partitions, { load, produced }) }
    this.#filled.set(key, filled)
    return filled
  }

  async #endOffsets(topic: string, partitions: number): Promise<number[]> {
    const offsets: number[] = []
    for (let partition = 0; partition < partitions; partition++)
      offsets.push(await latestOffset(this.#address, topic, partition))
    return offsets
  }
}
