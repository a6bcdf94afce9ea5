import { afterAll, beforeAll, expect, test } from 'vitest'
import { BrokerProcess } from '../broker-process.ts'
import { measureGroups, TINY } from '../groups/measure.ts'

let broker: BrokerProcess

beforeAll(async () => {
  broker = await BrokerProcess.start({ environment: { STREAMBUS_GROUP_INITIAL_REBALANCE_DELAY_MS: '50' } })
})

afterAll(() => broker.stop())

test('groups join, heartbeat, commit and rebalance, and every figure is there', async () => {
  const figures = await measureGroups(broker.address, TINY, () => broker.rssMib())
  for (const [name, value] of Object.entries(figures)) expect(Number.isFinite(value), name).toBe(true)
})
