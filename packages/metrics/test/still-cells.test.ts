import { expect, test } from 'vitest'
import { createBrokerMetrics } from '../src/broker-metrics.ts'
import { RuntimeMonitor } from '../src/runtime.ts'

test('cells of metrics that are off stay at zero, whoever reports to them', async () => {
  const { cells, isEnabled } = createBrokerMetrics(null, false)
  expect(isEnabled).toBe(false)
  cells.messagesProduced.value += 3
  cells.messagesProduced.add(3)
  cells.ready.set(1)
  cells.produceLatency.observe(0.1)
  cells.produceLatency.setExemplar({ value: 0.1, traceId: 'a', spanId: 'b', timeMs: 1 })
  cells.goGcDuration.observe(1)
  cells.networkErrorsByReason.child('l', 'reset').add(1)
  const child = cells.networkErrorsByReason.child('l', 'reset')
  const { produceLatency: latency, goGcDuration: pauses } = cells
  expect([cells.messagesProduced.value, cells.ready.value, child.value]).toEqual([0, 0, 0])
  expect([latency.count, latency.sum, latency.exemplarOf(5), pauses.count, pauses.last]).toEqual([
    0,
    0,
    undefined,
    0,
    0
  ])
})

test('the runtime is not watched then', () => {
  const timers: unknown[] = []
  const clock = {
    monotonicMs: () => 0,
    wallMs: () => 0,
    after(_delayMs: number, run: () => void) {
      timers.push(run)
      return { cancel() {} }
    }
  }
  const monitor = new RuntimeMonitor(createBrokerMetrics(clock, false), {
    clock,
    openDescriptors: () => 0,
    maxDescriptors: 0
  })
  monitor.start()
  expect(timers).toEqual([])
  monitor.stop()
})
