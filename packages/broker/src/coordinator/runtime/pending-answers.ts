import type { Clock, Timer } from '@streambus/base'

/** Waits until everything below its offset is committed. One of the two is called, once. */
export interface PendingAnswer {
  /** Where the log ended when it was decided. */
  readonly endOffset: number
  committed(): void
  timedOut(): void
}

interface Entry {
  readonly answer: PendingAnswer
  /** Monotonic. */
  readonly dueMs: number
}

/** Answers in the order in which they were decided, which is that of their offsets and of their deadlines. */
export class PendingAnswers {
  readonly #clock: Clock
  readonly #timeoutMs: () => number
  #entries: Entry[] = []
  #head = 0
  #timer: Timer | null = null

  constructor(clock: Clock, timeoutMs: () => number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length
  }

  push(answer: PendingAnswer): void {
    const timeoutMs = this.#timeoutMs()
    this.#entries.push({ answer, dueMs: this.#clock.monotonicMs() + timeoutMs })
    this.#timer ??= this.#clock.after(timeoutMs, () => this.#expire())
  }

  advance(highWatermark: number): void {
    for (let entry = this.#entries[this.#head]; entry !== undefined; entry = this.#entries[this.#head]) {
      if (entry.answer.endOffset > highWatermark) break
      this.#head++
      entry.answer.committed()
    }
    this.#tidy()
  }

  /** Nobody knows whether what they wait for will ever be committed. */
  failAll(): void {
    const entries = this.#entries.slice(this.#head)
    this.#entries = []
    this.#head = 0
    this.#tidy()
    for (const { answer } of entries) answer.timedOut()
  }

  #expire(): void {
    this.#timer = null
    const nowMs = this.#clock.monotonicMs()
    for (let entry = this.#entries[this.#head]; entry !== undefined; entry = this.#entries[this.#head]) {
      if (entry.dueMs > nowMs) {
        this.#timer = this.#clock.after(entry.dueMs - nowMs, () => this.#expire())
        break
      }
      this.#head++
      entry.answer.timedOut()
    }
    this.#tidy()
  }

  #tidy(): void {
    if (this.isEmpty) {
      this.#timer?.cancel()
      this.#timer = null
    }
    if (this.#head <= 64 || this.#head * 2 <= this.#entries.length) return
    this.#entries.splice(0, this.#head)
    this.#head = 0
  }
}
