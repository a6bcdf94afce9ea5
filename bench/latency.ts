import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { buildBatch } from './batch.ts'
import { CORRELATION_AT, checkProduceAnswer, produceAnswerPositions, produceFrame } from './kafka-frames.ts'
import { type Address, WireSocket } from './wire-socket.ts'

const UNANSWERED_MAX = 65_536
const DRAIN_MS_MAX = 20_000

export interface LatencyLoad {
  readonly topic: string
  readonly acks: -1 | 1
  readonly recordBytes: number
  /**
   * Requests of one record each, sent when they are due whether or not earlier ones were answered. 0: each after the
   * answer of the one before.
   */
  readonly perSecond: number
  readonly count: number
  /** Sent first and left out of the figures. */
  readonly warmUpCount: number
}

export interface Latency {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
}

export function summary(histogram: RecordableHistogram): Latency {
  const at = (percent: number): number => histogram.percentile(percent) / 1e6
  return { count: histogram.count, p50Ms: at(50), p99Ms: at(99), p999Ms: at(99.9), maxMs: histogram.max / 1e6 }
}

/**
 * One connection. The time of a request runs from when it was due, not from when it was sent, so that a stall counts
 * for every request it delays (no coordinated omission). The schedule is kept by spinning the event loop: a timer's
 * millisecond would be most of the figure. The spin takes one core, the broker's loop the other.
 */
class PacedProducer {
  readonly #load: LatencyLoad
  readonly #frame: Buffer
  readonly #positions: { errorCodeAt: number }
  readonly #histogram = createHistogram({ figures: 3 })
  readonly #dueNs: bigint[] = []
  #sentCount = 0
  #answeredCount = 0
  #startNs = 0n
  #wire!: WireSocket
  #resolve: (latency: Latency) => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor(load: LatencyLoad) {
    this.#load = load
    const batch = buildBatch({ recordBytes: load.recordBytes, recordCount: 1 }, 1)
    this.#frame = produceFrame({ topic: load.topic, partition: 0, acks: load.acks, batch })
    this.#positions = produceAnswerPositions(load.topic)
  }

  async run(address: Address): Promise<Latency> {
    this.#wire = await WireSocket.connect(address, (buffer, start, end) => this.#onAnswer(buffer, start, end))
    try {
      return await new Promise<Latency>((resolve, reject) => {
        this.#resolve = resolve
        this.#reject = reject
        this.#wire.onFailure = reject
        this.#startNs = process.hrtime.bigint()
        if (this.#load.perSecond === 0) this.#send(this.#startNs)
        else this.#tick()
      })
    } finally {
      await this.#wire.close()
    }
  }

  get #total(): number {
    return this.#load.count + this.#load.warmUpCount
  }

  #tick(): void {
    const nowNs = process.hrtime.bigint()
    const { perSecond } = this.#load
    const dueCount = Math.min(this.#total, Math.floor((Number(nowNs - this.#startNs) * perSecond) / 1e9) + 1)
    if (this.#sentCount < dueCount) {
      this.#wire.cork()
      while (this.#sentCount < dueCount)
        this.#send(this.#startNs + BigInt(Math.round((this.#sentCount * 1e9) / perSecond)))
      this.#wire.uncork()
    }
    if (this.#sentCount - this.#answeredCount > UNANSWERED_MAX) {
      this.#reject(new Error(`${perSecond} requests/s: ${UNANSWERED_MAX} are unanswered, the target does not keep up`))
    } else if (this.#sentCount < this.#total) setImmediate(() => this.#tick())
    else this.#drain(performance.now() + DRAIN_MS_MAX)
  }

  #drain(deadlineMs: number): void {
    if (this.#answeredCount === this.#total) return
    if (performance.now() > deadlineMs)
      this.#reject(new Error(`${this.#total - this.#answeredCount} requests were never answered`))
    else setImmediate(() => this.#drain(deadlineMs))
  }

  #send(dueNs: bigint): void {
    this.#dueNs.push(dueNs)
    const frame = Buffer.from(this.#frame)
    frame.writeInt32BE(this.#sentCount++, CORRELATION_AT)
    this.#wire.write(frame)
  }

  #onAnswer(buffer: Buffer, start: number, end: number): void {
    const nowNs = process.hrtime.bigint()
    const index = this.#answeredCount++
    if (buffer.readInt32BE(start) !== index)
      throw new Error(`answer ${buffer.readInt32BE(start)} out of order, expected ${index}`)
    if (index === 0) checkProduceAnswer(this.#load.topic, buffer.subarray(start, end))
    const errorCode = buffer.readInt16BE(start + this.#positions.errorCodeAt)
    if (errorCode !== 0) throw new Error(`Produce was answered with error code ${errorCode}`)
    const dueNs = this.#dueNs[index] as bigint
    if (index >= this.#load.warmUpCount) this.#histogram.record(nowNs > dueNs ? nowNs - dueNs : 1n)
    if (this.#answeredCount === this.#total) this.#resolve(summary(this.#histogram))
    else if (this.#load.perSecond === 0) this.#send(nowNs)
  }
}

export function runLatency(address: Address, load: LatencyLoad): Promise<Latency> {
  return new PacedProducer(load).run(address)
}

/** Bare round trips of one small frame: what a TCP exchange between two Node processes costs here. */
export async function runPingPong(address: Address, frame: Buffer, count: number): Promise<Latency> {
  const histogram = createHistogram({ figures: 3 })
  let sentNs = 0n
  let done: () => void = () => {}
  let left = count
  const wire: WireSocket = await WireSocket.connect(address, () => {
    histogram.record(process.hrtime.bigint() - sentNs)
    if (--left === 0) done()
    else ping()
  })
  const ping = (): void => {
    sentNs = process.hrtime.bigint()
    wire.write(frame)
  }
  try {
    await new Promise<void>((resolve, reject) => {
      done = resolve
      wire.onFailure = reject
      ping()
    })
  } finally {
    await wire.close()
  }
  return summary(histogram)
}
