import type { Clock } from '@streambus/base'

export interface SharedResultOptions<T> {
  readonly clock: Clock
  /** How long a result is handed out again after it was there. */
  readonly youngMs: number
  readonly compute: () => Promise<T>
}

/** What takes long to compute, for many who ask: one computation at a time, whose result all of them get. */
export class SharedResult<T> {
  readonly #options: SharedResultOptions<T>
  #underWay: Promise<T> | null = null
  #last: { readonly value: T; readonly atMs: number } | null = null

  constructor(options: SharedResultOptions<T>) {
    this.#options = options
  }

  /** Rejects what `compute` rejects; the next call then begins anew. */
  get(): Promise<T> {
    if (this.#underWay !== null) return this.#underWay
    this.dropOld()
    if (this.#last !== null) return Promise.resolve(this.#last.value)
    this.#underWay = this.#compute().finally(() => (this.#underWay = null))
    return this.#underWay
  }

  /** Results may be large: to be called now and then, so that the last one does not stay in memory. */
  dropOld(): void {
    const { clock, youngMs } = this.#options
    if (this.#last !== null && clock.monotonicMs() - this.#last.atMs >= youngMs) this.#last = null
  }

  async #compute(): Promise<T> {
    const { clock, compute } = this.#options
    const value = await compute()
    this.#last = { value, atMs: clock.monotonicMs() }
    return value
  }
}
