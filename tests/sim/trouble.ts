import type { Random } from './random.ts'
import type { End, SimBroker } from './sim-broker.ts'
import type { Swarm } from './swarm.ts'
import type { BrokerClock, Timeline } from './timeline.ts'

/** What happens to the broker and its disk, by rates. */
export class Trouble {
  readonly #random: Random
  readonly #syncs: Random
  readonly #swarm: Swarm
  readonly #timeline: Timeline
  isTroubled = true
  /** How the broker ends after this event, if it does. */
  next: End | null = null

  constructor(of: { readonly random: Random; readonly swarm: Swarm; readonly timeline: Timeline }) {
    this.#random = of.random.fork('trouble')
    this.#syncs = of.random.fork('syncs')
    this.#swarm = of.swarm
    this.#timeline = of.timeline
  }

  begin(broker: SimBroker): void {
    const turn = (): void => {
      if (!this.isTroubled) return
      this.#act(broker)
      this.#timeline.after(this.#random.between(500, 5_000), turn)
    }
    this.#timeline.after(3_000, turn)
  }

  readonly syncMs = (): number => {
    const isSlow = this.#syncs.chance(0.2 * this.#swarm.rates['slow-sync'])
    const slowMs = this.#syncs.between(20, 8_000)
    const quickMs = this.#syncs.between(0, 4)
    return isSlow && this.isTroubled ? slowMs : quickMs
  }

  readonly slowness = (): BrokerClock['slow'] => {
    const isSlow = this.#syncs.chance(this.#swarm.rates['slow-load'])
    const turnMs = this.#syncs.between(1, 3_000)
    return isSlow && this.isTroubled ? { lookMs: 25, turnMs } : null
  }

  /** How long nobody is there after the broker has ended. */
  readonly pauseMs = (): number => (this.isTroubled ? this.#random.between(0, 3_000) : 0)

  #act(broker: SimBroker): void {
    const { rates } = this.#swarm
    const end = (['stop', 'kill', 'power-cut'] as const).filter(kind => this.#random.chance(0.08 * rates[kind]))[0]
    const isFull = this.#random.chance(0.2 * rates['disk-full'])
    const isSyncError = this.#random.chance(0.06 * rates['sync-error'])
    const shortBytes = this.#random.pick([0, 1, 30, 100])
    const marksClean = this.#random.chance(0.5)
    if (!broker.isUp) return
    const path = '__consumer_offsets'
    if (isFull) broker.disk.failNext('write', { code: 'ENOSPC', path, shortBytes })
    if (isSyncError) broker.disk.failNext('sync', { code: 'EIO', path, marksClean })
    this.next = end ?? null
  }
}
