import type { Clock } from '@streambus/base'
import { describe, expect, it } from 'vitest'
import { createBrokerMetrics } from '../src/broker-metrics.ts'
import { RuntimeMonitor } from '../src/runtime.ts'
import { parseScrape } from './support/text-format.ts'

/** A clock that only moves when told, with at most one timer. */
class ManualClock implements Clock {
  nowMs = 0
  pending: { dueMs: number; run: () => void } | null = null
  monotonicMs = (): number => this.nowMs
  wallMs = (): number => 1_700_000_000_000 + this.nowMs

  after(delayMs: number, run: () => void): { cancel(): void } {
    const timer = { dueMs: this.nowMs + delayMs, run }
    this.pending = timer
    return { cancel: () => (this.pending = this.pending === timer ? null : this.pending) }
  }

  fire(lateMs: number): void {
    const timer = this.pending
    if (timer === null) throw new Error('no timer')
    this.pending = null
    this.nowMs = timer.dueMs + lateMs
    timer.run()
  }
}

function setup(): { clock: ManualClock; monitor: RuntimeMonitor; metrics: ReturnType<typeof createBrokerMetrics> } {
  const clock = new ManualClock()
  const metrics = createBrokerMetrics()
  const monitor = new RuntimeMonitor(metrics, { clock, openDescriptors: () => 17, maxDescriptors: null })
  return { clock, monitor, metrics }
}

describe('RuntimeMonitor', () => {
  it('serves the process metrics that the monitoring guide queries', async () => {
    const { metrics } = setup()
    const { values, types } = parseScrape(await metrics.render())
    expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(values.get('go_gc_duration_seconds_count')).toBe(0)
    expect(types.get('go_gc_duration_seconds')).toBe('summary')
    expect(values.get('process_open_fds')).toBe(17)
    expect(values.get('process_max_fds')).toBeNaN()
    expect(values.get('process_cpu_seconds_total')).toBeGreaterThan(0)
  })

  it('counts how late its timer fires, whoever scrapes', async () => {
    const { clock, monitor, metrics } = setup()
    monitor.start()
    clock.fire(0)
    clock.fire(300)
    for (let scrape = 0; scrape < 2; scrape++) {
      const { values } = parseScrape(await metrics.render())
      expect(values.get('nodejs_eventloop_delay_seconds_count')).toBe(2)
      expect(values.get('nodejs_eventloop_delay_seconds_sum')).toBeCloseTo(0.3)
    }
    monitor.stop()
  })

  it('leaves no timer behind', () => {
    const { clock, monitor } = setup()
    monitor.start()
    clock.fire(0)
    monitor.stop()
    expect(clock.pending).toBeNull()
  })

  it('repeats delays of the last seconds and memory under the names of other software', () => {
    const { clock, monitor, metrics } = setup()
    const { cells } = metrics
    monitor.start()
    for (let tick = 1; tick <= 350; tick++) clock.fire(tick <= 100 ? 900 : tick - 100)
    metrics.collect()
    monitor.stop()
    expect(cells.eventLoopLagMs.value).toBeCloseTo(250)
    expect([cells.eventLoopLagMin.value, cells.eventLoopLagMax.value]).toEqual([0.001, 0.25])
    expect(cells.eventLoopLagMean.value).toBeCloseTo(0.1255)
    expect(cells.eventLoopLagP50.value).toBeCloseTo(0.125)
    expect(cells.eventLoopLagP99.value).toBeCloseTo(0.248)
    expect(cells.memoryHeapUsed.value).toBe(cells.heapUsed.value)
    expect(cells.eventLoopDelay.count).toBe(350)
  })

  it('tells the heap by space, and what keeps the event loop alive, as it is now', () => {
    const { metrics } = setup()
    const { cells } = metrics
    metrics.collect()
    const timer = setTimeout(() => {}, 60_000)
    metrics.collect()
    expect(cells.activeResources.child('Timeout').value).toBeGreaterThanOrEqual(1)
    clearTimeout(timer)
    const total = [...cells.heapSpaceTotal.children()].reduce((sum, { cell }) => sum + cell.value, 0)
    expect(total / cells.heapTotal.value).toBeCloseTo(1, 0)
    expect(cells.heapSpaceUsed.child('old_space').value).toBeGreaterThan(0)
  })
})
