import { nodeClock } from '@streambus/base/node'
import { ClusterClient, Connection, parseBootstrap } from '@streambus/wire-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { planReset } from '../../src/group/reset-plan.ts'
import { GroupRig } from './group-rig.ts'

let rig: GroupRig
let cluster: ClusterClient

beforeAll(async () => {
  rig = await GroupRig.start()
  await rig.topic('clicks', [5])
  cluster = new ClusterClient({
    bootstrap: parseBootstrap(rig.broker.bootstrap),
    clock: nodeClock,
    open: address => Connection.open({ address, clientId: 'tester' })
  })
})
afterAll(async () => {
  await cluster.destroy()
  await rig.stop()
})

/** Of partition 0, which is there, and of partition 1, which is not. */
function plan(skipsMissing: boolean): ReturnType<typeof planReset> {
  const partitions = new Map([['clicks', [0, 1]]])
  return planReset(cluster, { target: { kind: 'latest' }, partitions, committed: [], fromFile: [], skipsMissing })
}

it('leaves out a partition that is gone, and says so', async () => {
  const { rows, warnings } = await plan(true)
  expect(rows.map(row => [row.topic, row.partition, row.new])).toEqual([['clicks', 0, 5]])
  expect(warnings).toEqual([expect.stringContaining('partition 1 of clicks does not exist any more')])
})

it('refuses the whole plan when a partition that is gone was asked for', async () => {
  await expect(plan(false)).rejects.toThrow('clicks')
})
