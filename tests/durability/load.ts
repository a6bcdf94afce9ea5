import { createTopicsApi, deleteRecordsApi, deleteTopicsApi, Errors, errorByCode } from '@streambus/protocol'
import type { CodecName } from '@streambus/protocol/records'
import { SeededPrng } from '@streambus/testkit'
import { type Address, Connection, parseBootstrap } from '@streambus/wire-client'
import { Faults } from './faults.ts'
import { Gate, until } from './gate.ts'
import { type Discipline, PartitionLedger } from './ledger.ts'
import { Producer } from './producer.ts'
import { EARLIEST, LATEST, offsetAt, type Place, readPartition } from './reader.ts'

export interface TopicPlan {
  readonly name: string
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
  /** As in `configs`; −1 without retention by size. */
  readonly retentionBytes: number
  /** DeleteRecords is called once a partition keeps more records than this; 0: never. */
  readonly trimAbove: number
}

export interface LoadOptions {
  readonly bootstrap: string
  readonly seed: number
  readonly topics: readonly TopicPlan[]
  readonly disciplines: readonly Discipline[]
  readonly pauseMsMax: number
  readonly onAcknowledged?: (place: Place, baseOffset: number, recordCount: number) => void
}

interface Part {
  readonly place: Place
  readonly trimAbove: number
  readonly ledger: PartitionLedger
}

const CODECS: readonly CodecName[] = ['none', 'none', 'lz4', 'zstd']
const DRAIN_MS_MAX = 30_000
const REQUEST_MS = 30_000
/** The rig's own answer may go with the broker that it kills. */
const TRIM_MS = 5000

/** All producers of a run, the ledgers they write, and the reader that judges. */
export class Load {
  readonly faults = new Faults()
  readonly gate = new Gate()
  readonly #options: LoadOptions
  readonly #address: Address
  readonly #prng: SeededPrng
  readonly #parts: readonly Part[]
  readonly #producers: readonly Producer[]
  #running: Promise<unknown> = Promise.resolve()
  /** Records read back by all checks. */
  readCount = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#address = parseBootstrap(options.bootstrap)[0] as Address
    this.#prng = new SeededPrng(options.seed)
    this.#parts = options.topics.flatMap(({ name, partitions, retentionBytes, trimAbove }) =>
      Array.from({ length: partitions }, (_, partition) => ({
        place: { topic: name, partition },
        trimAbove,
        ledger: new PartitionLedger(`${name}-${partition}`, retentionBytes)
      }))
    )
    this.#producers = this.#parts.flatMap(part => this.#producersOf(part))
  }

  get acknowledgedCount(): number {
    return this.#parts.reduce((sum, { ledger }) => sum + ledger.acknowledgedCount, 0)
  }

  /** Refusals of all producers, by name. */
  get refusals(): ReadonlyMap<string, number> {
    const all = new Map<string, number>()
    for (const { refusals } of this.#producers)
      for (const [name, count] of refusals) all.set(name, (all.get(name) ?? 0) + count)
    return all
  }

  /** Creates the topics. */
  async prepare(): Promise<void> {
    await this.#with(async connection => {
      const topics = this.#options.topics.map(({ name, partitions, configs }) => ({
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value }))
      }))
      const answer = await connection.send(createTopicsApi, { topics })
      for (const { name, errorCode, errorMessage } of answer.topics) {
        if (errorCode !== 0) throw new Error(`topic ${name}: ${errorByCode(errorCode).name}: ${errorMessage ?? ''}`)
      }
    })
  }

  /** Deletes the topics. The broker must run. */
  async remove(): Promise<void> {
    await this.#with(async connection => {
      const topicNames = this.#options.topics.map(({ name }) => name)
      const { responses } = await connection.send(deleteTopicsApi, { topicNames, timeoutMs: TRIM_MS }, { version: 5 })
      for (const { name, errorCode } of responses) {
        if (errorCode !== 0) throw new Error(`deleting ${name ?? '?'}: ${errorByCode(errorCode).name}`)
      }
    })
  }

  /** Producers start; they send while the gate is open. */
  begin(): void {
    this.#running = Promise.all(this.#producers.map(producer => producer.run()))
  }

  async stop(): Promise<void> {
    for (const producer of this.#producers) producer.stop()
    await this.#running
  }

  /** Nothing new is sent, everything owed is sent again until it is acknowledged. The broker must run. */
  async drain(): Promise<void> {
    this.gate.open()
    for (const producer of this.#producers) producer.drain()
    const isDone = (): boolean => this.#producers.every(({ pendingCount }) => pendingCount === 0)
    await until('producers were to get rid of what they owe', DRAIN_MS_MAX, isDone)
  }

  resume(): void {
    for (const producer of this.#producers) producer.resume()
  }

  /** Reads every partition back and judges it. Producers must be held. */
  async check(): Promise<Faults> {
    await this.#with(async connection => {
      for (const { place, ledger } of this.#parts) {
        const read = await readPartition(connection, place)
        this.readCount += read.records.length
        ledger.check(read, this.faults)
      }
    })
    return this.faults
  }

  /** Deletes a random share of the records of partitions that keep too many. Never throws: the broker may be dying. */
  async trim(): Promise<void> {
    for (const part of this.#parts) {
      if (part.trimAbove === 0 || part.ledger.owed < part.trimAbove) continue
      try {
        await this.#with(connection => this.#trimOne(connection, part), TRIM_MS)
      } catch {
        // Killed meanwhile: requested and not acknowledged, which the ledger knows.
      }
    }
  }

  /** Deletes all records there are. Throws when it cannot. */
  async clear(): Promise<void> {
    await this.#with(async connection => {
      for (const part of this.#parts) {
        const errorCode = await this.#deleteBefore(connection, part, await offsetAt(connection, part.place, LATEST))
        if (errorCode !== 0) throw new Error(`DeleteRecords of ${part.ledger.name}: ${errorByCode(errorCode).name}`)
      }
    })
  }

  async #trimOne(connection: Connection, part: Part): Promise<void> {
    const start = await offsetAt(connection, part.place, EARLIEST)
    const end = await offsetAt(connection, part.place, LATEST)
    await this.#deleteBefore(connection, part, start + this.#prng.below(end - start + 1))
  }

  async #deleteBefore(connection: Connection, { place, ledger }: Part, offset: number): Promise<number> {
    ledger.deletionRequested(offset)
    const partitions = [{ partitionIndex: place.partition, offset }]
    const answer = await connection.send(deleteRecordsApi, {
      topics: [{ name: place.topic, partitions }],
      timeoutMs: TRIM_MS
    })
    const { errorCode = -1, lowWatermark = -1 } = answer.topics[0]?.partitions[0] ?? {}
    if (errorCode === Errors.NONE.code) ledger.deletionAcknowledged(lowWatermark)
    return errorCode
  }

  #producersOf({ place, ledger }: Part): Producer[] {
    const { disciplines, pauseMsMax, onAcknowledged } = this.#options
    return disciplines.map((discipline, index) => {
      const id = this.#parts.findIndex(part => part.ledger === ledger) * disciplines.length + index
      return new Producer({
        id,
        discipline,
        ...place,
        ledger,
        pauseMsMax,
        codec: this.#prng.pick(CODECS),
        address: this.#address,
        gate: this.gate,
        prng: new SeededPrng(this.#options.seed + id + 1),
        faults: this.faults,
        ...(onAcknowledged === undefined ? {} : { onAcknowledged: onAcknowledged.bind(null, place) })
      })
    })
  }

  async #with<T>(run: (connection: Connection) => Promise<T>, requestTimeoutMs = REQUEST_MS): Promise<T> {
    const connection = await Connection.open({ address: this.#address, clientId: 'durability-rig', requestTimeoutMs })
    try {
      return await run(connection)
    } finally {
      connection.destroy()
    }
  }
}
