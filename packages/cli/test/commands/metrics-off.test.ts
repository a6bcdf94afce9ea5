import { startBroker, type TestBroker } from '@streambus/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../fake-io.ts'

let broker: TestBroker
let admin: string
beforeAll(async () => {
  broker = await startBroker({ memory: true, config: { 'metrics.enabled': 'false' } })
  admin = broker.adminUrl.replace('http://', '')
})
afterAll(() => broker.stop())

it('top says that the broker counts nothing, and how to have it count', async () => {
  const { stderr, stdout, exitCode } = await run(['top', '--once', '--admin', admin])
  expect(stderr).toContain(
    'metrics are off, because metrics.enabled is false; set it to true and start the broker again'
  )
  expect(stdout.toString()).toBe('')
  expect(exitCode).not.toBe(0)
})

it('doctor skips what only metrics tell, and says why', async () => {
  const { stdout, exitCode } = await run([
    'doctor',
    '--interval',
    '20',
    '--json',
    '-b',
    broker.bootstrap,
    '--admin',
    admin
  ])
  const { checks } = JSON.parse(stdout.toString()) as { checks: { check: string; state: string }[] }
  expect(checks.find(({ check }) => check === 'metrics')).toEqual({
    check: 'metrics',
    state: 'skipped',
    found: `${admin}/metrics: metrics are off, because metrics.enabled is false`,
    wayOut: 'set metrics.enabled=true and start it again'
  })
  expect(checks.filter(({ state }) => state === 'failed')).toEqual([])
  expect(exitCode).toBe(0)
})
