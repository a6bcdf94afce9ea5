import type { Clock } from '@streambus/base'
import { type ClusterClient, isRetriable, pauseMs, sleep } from '@streambus/wire-client'
import { groupByLeader } from '../offsets.ts'
import { type Fetched, FetchLane } from './fetch-lane.ts'
import type { Range } from './positions.ts'

export interface ConsumerOptions {
  readonly cluster: ClusterClient
  readonly clock: Clock
  readonly topic: string
  /** By partition. `next` moves on as records are delivered. */
  readonly ranges: ReadonlyMap<number, Range>
  readonly stopsAtEnd: boolean
  /** Prints. Its promise holds back the reading from that broker; null goes on at once. */
  readonly deliver: (fetched: Fetched) => Promise<void> | null
  /** True ends the reading. */
  readonly isDone: () => boolean
}

/** Trouble that lasts longer than this without any record in between ends the reading. */
const TROUBLE_MS_MAX = 60_000
const PAUSES = { totalMs: TROUBLE_MS_MAX, pauseMs: 50, pauseMsMax: 1000 }
const LANE = 'fetch'

/** Reads all ranges, from all leaders at the same time, and goes on where it stopped after errors that pass. */
export class Consumer {
  readonly #options: ConsumerOptions
  #failures = 0
  #goodMs: number

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.#goodMs = options.clock.monotonicMs()
  }

  /** Resolves at the end of all ranges or when `isDone`. Rejects with errors that do not pass. */
  async run(): Promise<void> {
    const { clock, cluster, isDone } = this.#options
    for (;;) {
      try {
        await this.#readAll()
        return
      } catch (error) {
        if (isDone()) return
        const isLong = clock.monotonicMs() - this.#goodMs > TROUBLE_MS_MAX
        if (!isRetriable(error) || isLong) throw error
        await sleep(clock, pauseMs(PAUSES, this.#failures++))
        cluster.forget()
      }
    }
  }

  async #readAll(): Promise<void> {
    const { cluster, topic, ranges, stopsAtEnd } = this.#options
    const open = [...ranges].filter(([, { next, end }]) => !stopsAtEnd || next < end).map(([partition]) => partition)
    const byLeader = await groupByLeader(cluster, topic, open)
    const { topicId } = await cluster.topic(topic)
    // One lane's trouble (a leader that moved) stops all, so that they are sorted anew.
    let mustRegroup = false
    const lanes = [...byLeader].map(async ([nodeId, partitions]) => {
      const own = new Map(partitions.map(partition => [partition, ranges.get(partition) as Range]))
      try {
        const connection = await cluster.node(nodeId, LANE)
        const lane = new FetchLane({ connection, topic, topicId, ranges: own, stopsAtEnd })
        await this.#readLane(lane, () => mustRegroup)
      } catch (error) {
        mustRegroup = true
        throw error
      }
    })
    const results = await Promise.allSettled(lanes)
    const failed = results.find(result => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #readLane(lane: FetchLane, mustStop: () => boolean): Promise<void> {
    const { ranges, deliver, isDone, clock } = this.#options
    while (!isDone() && !mustStop()) {
      const fetched = await lane.next()
      if (fetched === null) return
      this.#goodMs = clock.monotonicMs()
      this.#failures = 0
      for (const part of fetched) {
        if (isDone()) return
        const held = deliver(part)
        ;(ranges.get(part.partition) as Range).next = part.next
        if (held !== null) await held
      }
    }
  }
}
