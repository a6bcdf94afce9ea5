import type { BrokerMetrics } from './broker-metrics.ts'

/** Who fills up a scrape with series of single groups, topics and partitions; the first has precedence. */
const USERS = ['groups', 'partitions'] as const
export type SeriesUser = (typeof USERS)[number]

/**
 * Shares out the room below `metrics.series.max`. Each user asks before a scrape how many series it may have, and says
 * afterwards how many it has; what users of less precedence have counts as room, because they ask anew.
 */
export class SeriesBudget {
  readonly #metrics: BrokerMetrics
  readonly #seriesMax: () => number
  readonly #served = new Map<SeriesUser, number>()

  constructor(metrics: BrokerMetrics, seriesMax: () => number) {
    this.#metrics = metrics
    this.#seriesMax = seriesMax
  }

  /** How many series `user` may have; below 0 when others have too many already. */
  roomFor(user: SeriesUser): number {
    let room = this.#seriesMax() - this.#metrics.seriesCount()
    for (const each of USERS.slice(USERS.indexOf(user))) room += this.#served.get(each) ?? 0
    return room
  }

  /** `user` shows so many series from now on. */
  serve(user: SeriesUser, seriesCount: number): void {
    this.#served.set(user, seriesCount)
  }
}
