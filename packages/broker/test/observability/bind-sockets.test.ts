import { createBrokerMetrics } from '@streambus/metrics'
import { expect, test } from 'vitest'
import type { SocketTotals } from '../../src/net/listener.ts'
import { bindLimits } from '../../src/observability/bind-limits.ts'
import { bindSockets } from '../../src/observability/bind-sockets.ts'

function totals(changes: Partial<SocketTotals>): { sockets(): SocketTotals } {
  const none = { connections: 0, backpressured: 0, outputBytes: 0, queuedAnswers: 0, software: [] }
  return { sockets: () => ({ ...none, ...changes }) }
}

test('sockets are added up over listeners, and counted by listener where that says more', () => {
  const metrics = createBrokerMetrics()
  const { cells } = metrics
  const listeners = [
    { name: 'A', listener: totals({ connections: 3, backpressured: 1, outputBytes: 10, queuedAnswers: 2 }) },
    { name: 'B', listener: totals({ connections: 4, outputBytes: 5, queuedAnswers: 1 }) }
  ]
  bindSockets(metrics, { listeners: () => listeners, inputBytes: () => 77 })
  metrics.collect()
  expect(cells.connectionsBackpressured.child('A').value).toBe(1)
  expect(cells.insecureConnections.child('B', 'plaintext').value).toBe(4)
  expect([cells.socketBuffered.child('in').value, cells.socketBuffered.child('out').value]).toEqual([77, 15])
  expect(cells.responseQueueSize.value).toBe(3)
})

test('of client software the 50 most frequent have series, the others are added up, and those that left have none', () => {
  const metrics = createBrokerMetrics()
  const { cells } = metrics
  const rare = Array.from({ length: 60 }, (_, i) => ({ name: `rare${i}`, version: '1' }))
  const many = Array.from({ length: 5 }, () => ({ name: 'often', version: '2.1' }))
  let software = [...rare, ...many]
  const listeners = () => [{ name: 'A', listener: totals({ software }) }]
  bindSockets(metrics, { listeners, inputBytes: () => 0 })
  metrics.collect()
  const counts = [...cells.clientSoftware.children()].map(({ cell }) => cell.value)
  expect(counts.reduce((sum, count) => sum + count)).toBe(65)
  expect(cells.clientSoftware.child('often', '2.1').value).toBe(5)
  expect(cells.clientSoftware.child('__other__', '__other__').value).toBe(11)
  software = [{ name: 'late', version: '3' }]
  metrics.collect()
  expect([...cells.clientSoftware.children()].map(({ labels }) => labels['name'])).toEqual(['late'])
})

test('limits in force are shown as they change, and the memory of all pools together', () => {
  const metrics = createBrokerMetrics()
  const { cells } = metrics
  const settings = {
    'max.connections': 10,
    'max.connections.per.ip': 5,
    'queued.max.request.bytes': 1,
    'output.bytes.max': 2,
    'metrics.series.max': 3,
    'metrics.topics.max': 4,
    'metrics.groups.max': 5,
    'slow.request.ms': 6,
    'slo.produce.latency.ms': 7,
    'slo.fetch.latency.ms': 8,
    'transaction.max.timeout.ms': 9
  }
  const pools = [
    { takenBytes: 1, idleBytes: 2 },
    { takenBytes: 10, idleBytes: 20 }
  ]
  bindLimits(metrics, { settings: () => settings, pools })
  metrics.collect()
  expect(cells.configValue.child('max.connections').value).toBe(10)
  settings['max.connections'] = 20
  metrics.collect()
  expect(cells.configValue.child('max.connections').value).toBe(20)
  expect([cells.bufferPool.child('taken').value, cells.bufferPool.child('idle').value]).toEqual([11, 22])
})
