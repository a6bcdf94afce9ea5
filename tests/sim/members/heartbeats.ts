import type { Timer } from '@streambus/base'
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  consumerGroupHeartbeatApi,
  type Input
} from '@streambus/protocol'
import type { Process } from './process.ts'

const BACKOFF_MS = 100

export interface HeartbeatsOptions {
  readonly process: Process
  readonly version: number
  /** After this time without an answer the client gives the connection up. */
  readonly timeoutMs: number
  /** Whether heartbeats are sent at all; whether the next one waits for the interval. */
  readonly pace: () => 'silent' | 'urgent' | 'regular'
  readonly next: () => Input<ConsumerGroupHeartbeatRequest>
  /** Null: there was no answer. */
  readonly answered: (answer: ConsumerGroupHeartbeatResponse | null) => void
}

/** When a member of the consumer protocol sends heartbeats: one at a time, and soon again when one has failed. */
export class Heartbeats {
  readonly #options: HeartbeatsOptions
  #sentMs = 0
  #dueMs = 0
  /** Of the one under way; 0: there is none. What became of an older one no longer counts. */
  #current = 0
  #count = 0
  #timer: Timer | null = null

  constructor(options: HeartbeatsOptions) {
    this.#options = options
  }

  /** To be called when the pace may have changed. */
  send(): void {
    const { process, pace } = this.#options
    if (pace() === 'silent' || this.#current !== 0) return
    this.#timer?.cancel()
    const waitMs = pace() === 'urgent' ? 0 : this.#dueMs - process.nowMs
    if (waitMs <= 0) return this.#sendNow()
    this.#timer = process.later(waitMs, () => this.send())
  }

  /** Nobody waits any longer for the one under way. */
  forget(): void {
    this.#current = 0
  }

  /** The last one, whatever is answered. */
  sayGoodbye(body: Input<ConsumerGroupHeartbeatRequest>): void {
    const { process, version, timeoutMs } = this.#options
    process.tell({ api: consumerGroupHeartbeatApi, version, body, timeoutMs, isOnOneConnection: true })
  }

  #sendNow(): void {
    const { process, version, timeoutMs, next, answered } = this.#options
    const number = ++this.#count
    this.#current = number
    this.#sentMs = process.nowMs
    const done = (answer: ConsumerGroupHeartbeatResponse | null): void => {
      if (number !== this.#current) return
      this.#current = 0
      const isServed = answer !== null && answer.errorCode === 0
      this.#dueMs = isServed ? this.#sentMs + answer.heartbeatIntervalMs : process.nowMs + BACKOFF_MS
      answered(answer)
      this.send()
    }
    process.ask({ api: consumerGroupHeartbeatApi, version, body: next(), timeoutMs, isOnOneConnection: true, done })
  }
}
