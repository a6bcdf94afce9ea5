import { SeededPrng } from '@streambus/testkit'
import { eventually } from '../../compat/eventually.ts'
import type { CountingProxy } from './counting-proxy.ts'
import { Counts } from './counts.ts'
import type { DiskTally } from './disk-tally.ts'

export interface StageOptions {
  readonly proxy: CountingProxy
  readonly disk: DiskTally
  readonly say: (line: string) => void
  /** Begins the names of topics and groups: a broker may be loaded several times. */
  readonly name: string
  readonly seed: number
}

/** What clients themselves have counted, by topic. */
export interface ClientTally {
  readonly acknowledged: Counts
  /** Sent with acks=0. */
  readonly sent: Counts
  readonly received: Counts
}

/** What the parts of the load have in common. */
export class LoadStage {
  readonly proxy: CountingProxy
  readonly disk: DiskTally
  readonly say: (line: string) => void
  readonly prng: SeededPrng
  readonly counted: ClientTally = { acknowledged: new Counts(), sent: new Counts(), received: new Counts() }
  readonly skipped: string[] = []
  readonly #options: StageOptions

  constructor(options: StageOptions) {
    this.#options = options
    this.proxy = options.proxy
    this.disk = options.disk
    this.say = options.say
    this.prng = new SeededPrng(options.seed)
  }

  /** For all clients: the proxy. */
  get bootstrap(): string {
    return this.proxy.bootstrap
  }

  name(of: string): string {
    return `${this.#options.name}-${of}`
  }

  /** Printable, and as compressible as text is. */
  line(charactersMax: number): string {
    const length = 1 + this.prng.below(charactersMax)
    let line = ''
    while (line.length < length) line += `${this.prng.pick(WORDS)} ${this.prng.below(1000)} `
    return line.slice(0, length)
  }

  /** Resolves when every connection is closed, on both sides of the proxy. */
  async quiet(): Promise<void> {
    await until(() => this.proxy.openCount === 0, 'every connection is closed')
  }
}

const WORDS = ['order', 'invoice', 'shipment', 'payment', 'return', 'refund', 'coupon']

export async function until(isSo: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
  await eventually(() => {
    if (!isSo()) throw new Error(`it did not come to pass that ${what}`)
  }, timeoutMs)
}
