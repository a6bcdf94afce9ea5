import { quantile, rate } from '../top/rates.ts'
import { type Finding, judged, skipped, warning, withoutMetrics } from './finding.ts'
import type { Gathered } from './gathered.ts'

// Warnings at most: what a second shows may be over in the next one.
const BUSY_MAX = 0.8
const DELAY_SECONDS_MAX = 0.1
const GC_SHARE_MAX = 0.1
const THROTTLED_MAX = 0.05

/** How busy the event loop was between the two scrapes, how late its timers fired, and what the collector took. */
export function judgeRuntime({ admin }: Gathered): Finding[] {
  const interval = admin?.metrics.value
  if (!interval) return [withoutMetrics('event loop')]
  const seconds = ((interval.after.atMs - interval.before.atMs) / 1000).toFixed(1)
  const during = `in the last ${seconds} s`
  const active = rate(interval, 'nodejs_eventloop_time_seconds_total', ({ state }) => state === 'active')
  const idle = rate(interval, 'nodejs_eventloop_time_seconds_total', ({ state }) => state === 'idle')
  if (active === null || idle === null || active + idle === 0) {
    return [skipped('event loop', 'the broker has no metric of it')]
  }
  const busy = active / (active + idle)
  const delay = quantile(interval, 'nodejs_eventloop_delay_seconds', 0.99) ?? 0
  const throttled = rate(interval, 'streambus_cpu_throttled_seconds_total') ?? 0
  const collected = rate(interval, 'nodejs_gc_duration_seconds_sum') ?? 0
  const stopped: Finding[] = []
  if (throttled > THROTTLED_MAX) {
    const found = `stopped for ${percent(throttled)} of the time ${during}: the quota of its control group is used up`
    stopped.push(warning('cpu', found, 'give the container more processor time'))
  }
  return [
    ...stopped,
    judged('event loop', busy < BUSY_MAX ? 'ok' : 'warning', {
      found: `busy for ${percent(busy)} ${during} (expected below ${percent(BUSY_MAX)})`,
      wayOut: '`streambus top` shows what it is busy with; a broker has one event loop, spread partitions over more'
    }),
    judged('event loop', delay < DELAY_SECONDS_MAX ? 'ok' : 'warning', {
      found: `99 % of timers at most ${(delay * 1000).toFixed(1)} ms late ${during} (expected below ${DELAY_SECONDS_MAX * 1000} ms)`,
      wayOut: 'something blocks it: take a CPU profile on the admin port'
    }),
    judged('gc', collected < GC_SHARE_MAX ? 'ok' : 'warning', {
      found: `garbage collection took ${percent(collected)} of the time ${during} (expected below ${percent(GC_SHARE_MAX)})`,
      wayOut: 'the heap is too small for the load, or something holds memory: take a heap snapshot on the admin port'
    })
  ]
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}
