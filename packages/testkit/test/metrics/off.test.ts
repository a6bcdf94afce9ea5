import { type Cells, catalogue, Family, Histogram, type MetricKey, Summary } from '@streambus/metrics'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MemoryDisk } from '../../src/memory-disk.ts'
import { startBroker, type TestBroker } from '../../src/start-broker.ts'
import { CONFIG, runScenario, type Tally } from './scenario.ts'

type Plain = Histogram | Summary | { readonly value: number }
let broker: TestBroker
let tally: Tally
const get = (path: string, headers = {}): Promise<Response> => fetch(`${broker.adminUrl}${path}`, { headers })

beforeAll(async () => {
  const token = 'admin-token-0123456789'
  const config = { ...CONFIG, 'metrics.enabled': 'false', 'admin.tokens': token }
  broker = await startBroker({ disk: new MemoryDisk(), config })
  tally = await runScenario(broker, async () => {})
}, 60_000)

afterAll(() => broker.stop())

test('a broker without metrics does all the same, and nothing is counted', async () => {
  expect(tally.records).toBeGreaterThan(0)
  const { metrics } = broker.broker
  await metrics.refresh()
  const moved = (Object.keys(catalogue) as MetricKey[]).filter(key => {
    const holder: Cells[MetricKey] = metrics.cells[key]
    const cells: Plain[] = holder instanceof Family ? [...holder.children()].map(({ cell }) => cell) : [holder]
    return cells.some(cell => (cell instanceof Histogram || cell instanceof Summary ? cell.count : cell.value) !== 0)
  })
  expect(moved).toEqual([])
})

test('whoever asks for metrics is told why there are none', async () => {
  const message = 'metrics are off, because metrics.enabled is false; set it to true and start the broker again'
  for (const path of ['/metrics', '/api/v1/monitoring/metrics']) {
    const answer = await get(path, { authorization: 'Bearer admin-token-0123456789' })
    expect(answer.status).toBe(404)
    expect(await answer.json()).toEqual({ error: 'metrics_off', message })
  }
})

test('health and the other routes answer as ever', async () => {
  expect(await (await get('/health')).json()).toMatchObject({ status: 'healthy' })
  expect((await get('/health/ready')).status).toBe(200)
  expect(await (await get('/api/v1/groups')).json()).toMatchObject({ groups: expect.any(Array) })
})
