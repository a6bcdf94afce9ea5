import { walkBatches } from './batch.ts'
import { fetchedRecords, fetchFrame, fetchOffsetPosition } from './kafka-frames.ts'
import { type Moved, monotonicUs } from './load.ts'
import { type Address, WireSocket } from './wire-socket.ts'

export interface FetchLoad {
  readonly topic: string
  /** Connection i reads partition i % partitions, from its start, and again from its start at its end. */
  readonly partitions: number
  readonly connections: number
  readonly recordBytes: number
  /** Per answer; 1 MiB is what clients ask for. */
  readonly partitionBytesMax: number
  readonly bytesMax: number
  readonly durationMsMax: number
  /** Offsets at which each partition ends, by partition index. */
  readonly endOffsets: readonly number[]
}

export interface Fetched extends Moved {
  /** Batches read, by checksum. */
  readonly batchesByCrc: ReadonlyMap<number, number>
}

interface Progress {
  records: number
  endMs: number
  readonly recordsMax: number
  readonly batchesByCrc: Map<number, number>
}

/** One connection, one fetch in flight, as consumers do. Every batch's checksum and offset is checked. */
class Fetcher {
  readonly #progress: Progress
  readonly #frame: Buffer
  readonly #offsetAt: number
  readonly #endOffset: number
  readonly #once: boolean
  #nextOffset = 0
  requests = 0
  #wire: WireSocket | null = null
  #resolve: () => void = () => {}

  constructor(load: FetchLoad, index: number, progress: Progress) {
    this.#progress = progress
    const partition = index % load.partitions
    this.#endOffset = load.endOffsets[partition] ?? 0
    this.#once = load.bytesMax === 0
    this.#frame = fetchFrame({ topic: load.topic, partition, offset: 0, bytesMax: load.partitionBytesMax })
    this.#offsetAt = fetchOffsetPosition(load.topic)
  }

  async connect(address: Address): Promise<void> {
    this.#wire = await WireSocket.connect(address, (buffer, start, end) => this.#onAnswer(buffer, start, end))
  }

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      if (this.#wire !== null) this.#wire.onFailure = reject
      this.#ask()
    })
  }

  async close(): Promise<void> {
    await this.#wire?.close()
  }

  #ask(): void {
    if (this.#endOffset === 0) {
      this.#resolve()
      return
    }
    this.requests++
    this.#frame.writeBigInt64BE(BigInt(this.#nextOffset), this.#offsetAt)
    this.#wire?.write(this.#frame)
  }

  #onAnswer(buffer: Buffer, start: number, end: number): void {
    const before = this.#nextOffset
    walkBatches(fetchedRecords(buffer.subarray(start, end)), batch => {
      if (batch.baseOffset !== this.#nextOffset)
        throw new Error(`batch at offset ${batch.baseOffset}, expected ${this.#nextOffset}`)
      this.#nextOffset += batch.recordCount
      this.#progress.records += batch.recordCount
      this.#progress.batchesByCrc.set(batch.crc, (this.#progress.batchesByCrc.get(batch.crc) ?? 0) + 1)
    })
    if (this.#nextOffset === before)
      throw new Error(`no batch at offset ${before}, but the partition ends at ${this.#endOffset}`)
    const isAtEnd = this.#nextOffset >= this.#endOffset
    if (isAtEnd) this.#nextOffset = 0
    if (this.#once ? isAtEnd : this.#isEnough()) this.#resolve()
    else this.#ask()
  }

  #isEnough(): boolean {
    return this.#progress.records >= this.#progress.recordsMax || performance.now() >= this.#progress.endMs
  }
}

/** Runs one fetch load. With `bytesMax` 0 every connection reads its partition exactly once. */
export async function runFetch(address: Address, load: FetchLoad): Promise<Fetched> {
  const recordsMax = Math.ceil(load.bytesMax / load.recordBytes)
  const progress: Progress = { records: 0, endMs: 0, recordsMax, batchesByCrc: new Map() }
  const fetchers = Array.from({ length: load.connections }, (_, index) => new Fetcher(load, index, progress))
  try {
    for (const fetcher of fetchers) await fetcher.connect(address)
    const startUs = monotonicUs()
    const startMs = performance.now()
    progress.endMs = startMs + load.durationMsMax
    await Promise.all(fetchers.map(fetcher => fetcher.run()))
    const seconds = (performance.now() - startMs) / 1000
    const requests = fetchers.reduce((sum, fetcher) => sum + fetcher.requests, 0)
    const { records, batchesByCrc } = progress
    return { requests, records, bytes: records * load.recordBytes, seconds, startUs, batchesByCrc }
  } finally {
    await Promise.all(fetchers.map(fetcher => fetcher.close().catch(() => {})))
  }
}

/** Throws unless `found` holds exactly the batches of `expected`, each as often. */
export function compareBatches(expected: ReadonlyMap<number, number>, found: ReadonlyMap<number, number>): void {
  for (const crc of new Set([...expected.keys(), ...found.keys()])) {
    const [sent = 0, read = 0] = [expected.get(crc), found.get(crc)]
    if (sent !== read) throw new Error(`batch with checksum ${crc}: ${sent} sent, ${read} read back`)
  }
}
