import { batchCrc, batchShape, buildBatch } from './batch.ts'
import {
  CORRELATION_AT,
  checkProduceAnswer,
  listedOffset,
  listOffsetsFrame,
  produceAnswerPositions,
  produceFrame
} from './kafka-frames.ts'
import { type Address, WireSocket } from './wire-socket.ts'

export interface ProduceLoad {
  readonly topic: string
  /** Connection i writes to partition i % partitions. */
  readonly partitions: number
  readonly connections: number
  readonly acks: -1 | 0 | 1
  readonly recordBytes: number
  readonly batchBytes: number
  /** Unanswered requests per connection; clients allow five by default. */
  readonly inFlight: number
  /** Ends at whichever comes first. Value bytes, over all connections. */
  readonly bytesMax: number
  readonly durationMsMax: number
}

export interface Moved {
  readonly requests: number
  readonly records: number
  /** Value bytes: what the application moved. */
  readonly bytes: number
  readonly seconds: number
  /** When the clock started, on the machine's monotonic clock, which all its processes share. */
  readonly startUs: number
}

export interface Produced extends Moved {
  /** Batches sent, by checksum: what a reader must find, no more and no less. */
  readonly batchesByCrc: ReadonlyMap<number, number>
}

interface Budget {
  frames: number
  endMs: number
}

interface Slot {
  readonly frame: Buffer
  correlationId: number
}

/**
 * One connection with prebuilt frames, one per request in flight: a frame is patched and sent again once its answer is
 * there.
 */
class Producer {
  readonly #load: ProduceLoad
  readonly #budget: Budget
  readonly #idle: Slot[] = []
  readonly #sent: Slot[] = []
  readonly #barrier: Buffer
  readonly #positions: { errorCodeAt: number; baseOffsetAt: number }
  readonly crc: number
  sentCount = 0
  #answeredCount = 0
  #lastBaseOffset = -1
  #wire: WireSocket | null = null
  #resolve: () => void = () => {}

  constructor(load: ProduceLoad, index: number, budget: Budget) {
    this.#load = load
    this.#budget = budget
    this.#positions = produceAnswerPositions(load.topic)
    const partition = index % load.partitions
    const batch = buildBatch(batchShape(load.recordBytes, load.batchBytes), index + 1)
    this.crc = batchCrc(batch)
    const frame = produceFrame({ topic: load.topic, partition, acks: load.acks, batch })
    for (let i = 0; i < load.inFlight; i++) this.#idle.push({ frame: Buffer.from(frame), correlationId: 0 })
    this.#barrier = listOffsetsFrame(load.topic, partition)
  }

  async connect(address: Address): Promise<void> {
    this.#wire = await WireSocket.connect(address, (buffer, start, end) => this.#onAnswer(buffer, start, end))
  }

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      if (this.#wire !== null) this.#wire.onFailure = reject
      if (this.#load.acks === 0) this.#pourUnanswered()
      else this.#pour()
    })
  }

  async close(): Promise<void> {
    await this.#wire?.close()
  }

  #take(): Slot | null {
    if (this.#budget.frames <= 0 || performance.now() >= this.#budget.endMs) return null
    const slot = this.#idle.pop()
    if (slot === undefined) return null
    this.#budget.frames--
    slot.correlationId = ++this.sentCount
    slot.frame.writeInt32BE(slot.correlationId, CORRELATION_AT)
    return slot
  }

  #pour(): void {
    for (let slot = this.#take(); slot !== null; slot = this.#take()) {
      this.#sent.push(slot)
      this.#wire?.write(slot.frame)
    }
    if (this.#sent.length === 0) this.#resolve()
  }

  // Without answers a frame may be patched again when the kernel has taken it, and the end is when the broker answers
  // a question asked after the last frame: requests of one connection are served in order.
  #pourUnanswered(): void {
    for (let slot = this.#take(); slot !== null; slot = this.#take()) {
      const sent = slot
      this.#wire?.write(sent.frame, () => {
        this.#idle.push(sent)
        this.#pourUnanswered()
      })
    }
    if (this.#idle.length === this.#load.inFlight) this.#wire?.write(this.#barrier)
  }

  #onAnswer(buffer: Buffer, start: number, end: number): void {
    if (this.#load.acks === 0) {
      // Throws if the broker refused the question; how far the log is, the read back will tell.
      listedOffset(buffer.subarray(start, end))
      this.#resolve()
      return
    }
    const slot = this.#sent.shift()
    const correlationId = buffer.readInt32BE(start)
    if (slot === undefined || slot.correlationId !== correlationId) {
      throw new Error(`answer ${correlationId} out of order, expected ${slot?.correlationId ?? 'none'}`)
    }
    this.#checkAnswer(buffer, start, end)
    this.#idle.push(slot)
    this.#pour()
  }

  #checkAnswer(buffer: Buffer, start: number, end: number): void {
    if (this.#answeredCount++ === 0) checkProduceAnswer(this.#load.topic, buffer.subarray(start, end))
    const errorCode = buffer.readInt16BE(start + this.#positions.errorCodeAt)
    if (errorCode !== 0) throw new Error(`Produce was answered with error code ${errorCode}`)
    const baseOffset = Number(buffer.readBigInt64BE(start + this.#positions.baseOffsetAt))
    if (baseOffset <= this.#lastBaseOffset) throw new Error(`base offset ${baseOffset} after ${this.#lastBaseOffset}`)
    this.#lastBaseOffset = baseOffset
  }
}

/** Runs one produce load and checks every answer. The clock runs from the first write to the last answer. */
export async function runProduce(address: Address, load: ProduceLoad): Promise<Produced> {
  const shape = batchShape(load.recordBytes, load.batchBytes)
  const batchValueBytes = shape.recordBytes * shape.recordCount
  const budget: Budget = { frames: Math.max(load.connections, Math.ceil(load.bytesMax / batchValueBytes)), endMs: 0 }
  const producers = Array.from({ length: load.connections }, (_, index) => new Producer(load, index, budget))
  try {
    for (const producer of producers) await producer.connect(address)
    const startUs = monotonicUs()
    const startMs = performance.now()
    budget.endMs = startMs + load.durationMsMax
    await Promise.all(producers.map(producer => producer.run()))
    const seconds = (performance.now() - startMs) / 1000
    const requests = producers.reduce((sum, producer) => sum + producer.sentCount, 0)
    const batchesByCrc = new Map(producers.map(producer => [producer.crc, producer.sentCount]))
    return {
      requests,
      records: requests * shape.recordCount,
      bytes: requests * batchValueBytes,
      seconds,
      startUs,
      batchesByCrc
    }
  } finally {
    await Promise.all(producers.map(producer => producer.close().catch(() => {})))
  }
}

export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
