import type { Timer } from '@streambus/base'
import type { AnyApi } from '@streambus/protocol'

export interface Pending {
  readonly api: AnyApi
  readonly version: number
  readonly resolve: (body: unknown) => void
  readonly reject: (error: Error) => void
  timer: Timer | null
}

const CORRELATION_ID_MAX = 0x7fffffff

/**
 * Requests that wait for their answer. A request whose time ran out keeps its place, without anyone waiting: its
 * late answer must be recognised and dropped, or it would be taken for that of another.
 */
export class InFlight {
  readonly #entries = new Map<number, Pending | null>()
  #nextId = 0
  #waiting = 0

  /** Including abandoned ones, which the peer still owes an answer. */
  get count(): number {
    return this.#entries.size
  }

  /** Requests that somebody waits for. */
  get waitingCount(): number {
    return this.#waiting
  }

  nextCorrelationId(): number {
    const id = this.#nextId
    this.#nextId = id === CORRELATION_ID_MAX ? 0 : id + 1
    return id
  }

  add(correlationId: number, pending: Pending): void {
    this.#entries.set(correlationId, pending)
    this.#waiting++
  }

  /** The waiting request, null for an abandoned one, undefined for an id that was never sent. */
  take(correlationId: number): Pending | null | undefined {
    const pending = this.#entries.get(correlationId)
    if (pending === undefined) return undefined
    this.#entries.delete(correlationId)
    if (pending === null) return null
    this.#waiting--
    pending.timer?.cancel()
    return pending
  }

  /** Nobody waits any more, but an answer may still come. Returns who waited. */
  abandon(correlationId: number): Pending | null {
    const pending = this.#entries.get(correlationId) ?? null
    if (pending === null) return null
    this.#entries.set(correlationId, null)
    this.#waiting--
    pending.timer?.cancel()
    return pending
  }

  /** Takes everything out and rejects those who wait. */
  failAll(error: Error): void {
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    this.#waiting = 0
    for (const pending of entries) {
      pending?.timer?.cancel()
      pending?.reject(error)
    }
  }
}
