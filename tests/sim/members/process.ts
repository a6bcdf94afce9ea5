import type { Timer } from '@streambus/base'
import type { Sending } from '../network.ts'
import type { Surroundings } from './actor.ts'

/** A process of a client: what it has begun happens while it runs, late when it stands still, never after its end. */
export class Process {
  readonly name: string
  readonly #in: Surroundings
  #isAlive = true
  #stalledUntilMs = 0

  constructor(name: string, surroundings: Surroundings) {
    this.name = name
    this.#in = surroundings
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get nowMs(): number {
    return this.#in.timeline.nowMs
  }

  get random(): Surroundings['random'] {
    return this.#in.random
  }

  say(text: string): void {
    this.#in.trace.add(`${this.name} ${text}`)
  }

  end(how: string): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.say(how)
  }

  standStill(forMs: number): void {
    this.say(`stands still for ${forMs} ms`)
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.nowMs + forMs)
  }

  later(delayMs: number, run: () => void): Timer {
    let isCancelled = false
    const timer = this.#in.timeline.after(delayMs, () => {
      this.#awake(() => {
        if (!isCancelled) run()
      })
    })
    return {
      cancel() {
        isCancelled = true
        timer.cancel()
      }
    }
  }

  /** `done` is called once, unless the process ends before. */
  ask<Req, Res>(sending: Omit<Sending<Req, Res>, 'from'>): void {
    const done = (answer: Res | null): void => this.#awake(() => sending.done(answer))
    this.#in.network.send({ ...sending, from: this.name, done })
  }

  /** Nobody waits for the answer, so that it may be the last word. */
  tell<Req, Res>(sending: Omit<Sending<Req, Res>, 'from' | 'done'>): void {
    this.#in.network.send({ ...sending, from: this.name, done: () => {} })
  }

  #awake(run: () => void): void {
    if (!this.#isAlive) return
    const leftMs = this.#stalledUntilMs - this.nowMs
    if (leftMs > 0) this.#in.timeline.after(leftMs, () => this.#awake(run))
    else run()
  }
}
