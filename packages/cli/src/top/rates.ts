import type { Sample, Scrape } from './exposition.ts'

export interface Moment {
  readonly atMs: number
  readonly scrape: Scrape
}

/** Two scrapes of one broker, one after the other. */
export interface Interval {
  readonly before: Moment
  readonly after: Moment
}

/** Which of a metric's lines are meant. */
export type Matching = (labels: Sample['labels']) => boolean

const ALL: Matching = () => true

/** The sum of a gauge's lines now; null: there are none. */
export function gauge({ scrape }: Moment, name: string, matching = ALL): number | null {
  const found = (scrape.get(name) ?? []).filter(({ labels }) => matching(labels))
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0)
}

/** How much a counter grew per second. A counter that fell has begun anew, with its process. Null: there is none. */
export function rate({ before, after }: Interval, name: string, matching = ALL): number | null {
  const now = gauge(after, name, matching)
  const then = gauge(before, name, matching) ?? 0
  const seconds = (after.atMs - before.atMs) / 1000
  if (now === null || seconds <= 0) return null
  return (now < then ? now : now - then) / seconds
}

/**
 * The quantile of what a histogram observed between the two, as Prometheus' histogram_quantile estimates it: linear
 * within its bucket. Null: nothing was observed. Above the largest bound it is that bound.
 */
export function quantile(interval: Interval, name: string, share: number): number | null {
  const buckets = growthOf(interval, `${name}_bucket`)
  const total = buckets.at(-1)?.count ?? 0
  if (total <= 0) return null
  const rank = share * total
  let from = { bound: 0, count: 0 }
  for (const { bound, count } of buckets) {
    if (count >= rank) {
      if (!Number.isFinite(bound)) return from.bound
      const within = count - from.count
      return within === 0 ? bound : from.bound + ((bound - from.bound) * (rank - from.count)) / within
    }
    from = { bound, count }
  }
  return from.bound
}

/** Cumulative, in order of bounds. */
function growthOf({ before, after }: Interval, name: string): { bound: number; count: number }[] {
  const then = countsByBound(before.scrape.get(name) ?? [])
  const now = countsByBound(after.scrape.get(name) ?? [])
  const isReset = (now.get(Number.POSITIVE_INFINITY) ?? 0) < (then.get(Number.POSITIVE_INFINITY) ?? 0)
  return [...now]
    .map(([bound, count]) => ({ bound, count: isReset ? count : count - (then.get(bound) ?? 0) }))
    .sort((a, b) => a.bound - b.bound)
}

function countsByBound(samples: readonly Sample[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { labels, value } of samples) {
    const bound = labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le'])
    counts.set(bound, (counts.get(bound) ?? 0) + value)
  }
  return counts
}
