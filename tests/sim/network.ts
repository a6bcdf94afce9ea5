import { type ApiSchema, encodeRequestFrame, type Input } from '@streambus/protocol'
import type { Random } from './random.ts'
import type { SimBroker } from './sim-broker.ts'
import type { Swarm } from './swarm.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

/** How late a request may come that was sent a second time on another connection. */
const LATE_MS_MAX = 30_000

export interface Sending<Req, Res> {
  readonly from: string
  readonly api: ApiSchema<Req, Res>
  readonly version: number
  readonly body: Input<Req>
  /** After this time the client gives up. */
  readonly timeoutMs: number
  /** Called once: the answer; null when none came, and the broker may have done it or not. */
  readonly done: (answer: Res | null) => void
  /**
   * What arrives twice does so because the client has given up the connection: the second arrival comes after the
   * first, perhaps after newer requests, and what the broker answers it reaches nobody. Default: the second one may be
   * the first to arrive and to be answered.
   */
  readonly isOnOneConnection?: boolean
}

/** Carries requests and answers: late, not at all, twice. Requests overtake each other, as on several connections. */
export class Network {
  readonly #timeline: Timeline
  readonly #broker: SimBroker
  readonly #random: Random
  readonly #swarm: Swarm
  readonly #trace: Trace
  #sendings = 0
  /** False: nothing is lost or repeated any more, and nothing is late. */
  isTroubled = true

  constructor(of: {
    readonly timeline: Timeline
    readonly broker: SimBroker
    readonly random: Random
    readonly swarm: Swarm
    readonly trace: Trace
  }) {
    this.#timeline = of.timeline
    this.#broker = of.broker
    this.#random = of.random
    this.#swarm = of.swarm
    this.#trace = of.trace
  }

  send<Req, Res>(wish: Sending<Req, Res>): void {
    const { from, api, version, body, timeoutMs, done, isOnOneConnection = false } = wish
    let isOver = false
    const finish = (answer: Res | null): void => {
      if (isOver) return
      isOver = true
      timer.cancel()
      done(answer)
    }
    const timer = this.#timeline.after(timeoutMs, () => finish(null))
    const chunks = encodeRequestFrame({ api, version, correlationId: 1, clientId: from, body })
    const frame = Buffer.concat(chunks).subarray(4)
    const sending = ++this.#sendings
    const request = { from, sending, api: api as unknown as ApiSchema<never, unknown>, version, body }
    const deliver = (isRepeated: boolean): void => {
      if (isRepeated) this.#trace.add(`${from} repeats ${api.name}`)
      this.#broker.execute(frame, request, answer => {
        if (isRepeated && isOnOneConnection) return
        // Of what was sent again on another connection the client takes the first answer.
        if (this.#strikes('loss', 0.05) && answer !== null) return this.#trace.add(`${from} never gets the answer`)
        this.#timeline.after(this.#delayMs(), () => finish(answer as Res | null))
      })
    }
    let firstMs = 0
    if (this.#strikes('loss', 0.05)) this.#trace.add(`${from} loses ${api.name}`)
    else {
      const delayMs = this.#delayMs()
      this.#timeline.after(delayMs, () => {
        const isGivenUp = isOver && isOnOneConnection
        if (this.isTroubled || !isGivenUp) deliver(false)
      })
      if (isOnOneConnection) firstMs = delayMs
    }
    const repeat = (afterMs: number): void => this.#repeat(() => deliver(true), firstMs + afterMs)
    if (this.#strikes('duplicate', 0.1)) repeat(this.#random.between(1, 500))
    if (this.#strikes('late-duplicate', 0.05)) repeat(this.#random.between(500, LATE_MS_MAX))
  }

  /** What is still under way when the trouble ends never arrives. */
  #repeat(deliver: () => void, delayMs: number): void {
    this.#timeline.after(delayMs, () => {
      if (this.isTroubled) deliver()
    })
  }

  #strikes(kind: 'loss' | 'duplicate' | 'late-duplicate', share: number): boolean {
    // Drawn in any case: what comes later must not depend on the switch.
    const drawn = this.#random.chance(share * this.#swarm.rates[kind])
    return drawn && this.isTroubled
  }

  #delayMs(): number {
    const rate = this.isTroubled ? this.#swarm.rates.delay : 0
    const quick = this.#random.between(1, 3)
    const slow = this.#random.chance(0.1 * rate) ? this.#random.between(10, 4_000) : this.#random.between(0, 20)
    return rate === 0 ? quick : quick + slow
  }
}
