import { expect, test } from 'vitest'
import { LifecycleLines } from '../../src/observability/lifecycle-lines.ts'
import { capturedLog } from './captured-log.ts'
import { ManualClock } from './manual-clock.ts'

test('a broker says when it began and ended, and how long that took', () => {
  const clock = new ManualClock()
  const { log, lines } = capturedLog()
  const lifecycle = new LifecycleLines(log, clock)
  clock.advance(120)
  lifecycle.started({ kafka: ['127.0.0.1:9092', '[::1]:9093'], admin: null })
  clock.advance(60_000)
  lifecycle.stopping()
  clock.advance(30)
  lifecycle.stopped({ isClean: true })
  expect(lines.map(({ level, fields }) => [level, fields])).toEqual([
    [
      'info',
      expect.objectContaining({
        event: 'broker_started',
        kafka: '127.0.0.1:9092,[::1]:9093',
        admin: 'none',
        took_ms: 120
      })
    ],
    ['info', { event: 'broker_stopping' }],
    ['info', { event: 'broker_stopped', is_clean: true, took_ms: 30, uptime_seconds: 60.03 }]
  ])
})

test('one that cannot start says why, and not that it stopped', () => {
  const { log, lines } = capturedLog()
  const lifecycle = new LifecycleLines(log, new ManualClock())
  lifecycle.notStarted(new Error('the address is in use'))
  lifecycle.stopping()
  lifecycle.stopped({ isClean: false })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ level: 'error', fields: { event: 'broker_not_started' } })
})
