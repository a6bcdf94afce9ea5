import { createBrokerMetrics } from '@streambus/metrics'
import { expect, test } from 'vitest'
import { bindHealth } from '../../src/observability/bind-health.ts'
import { FakeBrokerView } from './fake-broker-view.ts'

test('checks run before each scrape, and streambus_ready follows them and the life of the broker', async () => {
  const metrics = createBrokerMetrics()
  const view = new FakeBrokerView()
  const { runBeforeScrapes } = bindHealth(metrics, view)
  let isHealthy = true
  runBeforeScrapes(() => Promise.resolve({ isHealthy }))
  const ready = async (): Promise<number> => {
    await metrics.render()
    return metrics.cells.ready.value
  }
  expect(await ready()).toBe(1)
  view.currentStatus = 'stopping'
  expect(await ready()).toBe(0)
  view.currentStatus = 'running'
  isHealthy = false
  expect(await ready()).toBe(0)
})

test('each result sets the status of its check and counts its time', () => {
  const metrics = createBrokerMetrics()
  const { onReport } = bindHealth(metrics, new FakeBrokerView())
  const values = (['ok', 'warning', 'degraded', 'error'] as const).map(state => {
    onReport({ name: 'storage', state, durationMs: 250 })
    return metrics.cells.healthCheckStatus.child('storage').value
  })
  expect(values).toEqual([1, 0.5, 0.5, 0])
  expect(metrics.cells.healthCheckDuration.child('storage')).toMatchObject({ sum: 1, count: 4 })
})
