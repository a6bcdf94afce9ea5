import type { SpawnedBroker } from '@streambus/testkit'
import { comeAndGo } from '../../../../tools/drill/rebalances.ts'
import { mustRun } from '../../../../tools/drill/run-cli.ts'
import { untilAborted } from '../../../../tools/drill/scenario.ts'
import { type Act, drillOn, type Stage } from '../act.ts'
import { RawClient } from '../raw-client.ts'
import { steadily } from '../steady.ts'

/** One more than HighConsumerLag allows. */
const RECORDS = 10_001
const COMMIT_PER_SECOND = 1
const GROWTH = 200
const REBALANCE_CYCLE_MS = 1_000
const MINUTE_MS = 60_000

/** Group `name` has read nothing of a topic of its name, whose `records` say that they are `ageMs` old. */
async function fallBehind(broker: SpawnedBroker, name: string, records: number, ageMs: number): Promise<RawClient> {
  await mustRun(broker.bootstrap, ['topic', 'create', name])
  const producer = await RawClient.open(broker.bootstrap)
  await producer.send({ topic: name, records, bytes: 10, timestamp: Date.now() - ageMs })
  await commitStart(broker, name)
  return producer
}

async function commitStart({ bootstrap }: SpawnedBroker, group: string): Promise<void> {
  await mustRun(bootstrap, ['group', 'reset-offsets', group, '--topic', group, '--to-earliest', '--execute'])
}

async function deleteGroup({ bootstrap }: SpawnedBroker, group: string): Promise<void> {
  await mustRun(bootstrap, ['group', 'delete', group, '--yes', '--if-exists'])
}

/** A group in front of old records: too many, too old, read by nobody, the same offset committed again and again. */
async function stayBehind(stage: Stage, ageMs: number): Promise<void> {
  const broker = await stage.startBroker()
  const producer = await fallBehind(broker, 'behind', RECORDS, ageMs)
  await steadily(stage.signal, COMMIT_PER_SECOND, () => commitStart(broker, 'behind'))
  producer.close()
  await deleteGroup(broker, 'behind')
}

export const groupActs: readonly Act[] = [
  {
    name: 'a group that is ten minutes behind',
    alerts: ['HighConsumerLag', 'ConsumerLagSecondsHigh/warning', 'ConsumerGroupStalled', 'ConsumerGroupEmptyWithLag'],
    // The broker calls it stalled after a minute of commits.
    perform: stage => stayBehind(stage, 10 * MINUTE_MS)
  },
  {
    name: 'a group that is an hour behind',
    alerts: ['ConsumerLagSecondsHigh/critical'],
    perform: stage => stayBehind(stage, 60 * MINUTE_MS)
  },
  {
    name: 'a group that falls behind further and further',
    alerts: ['ConsumerLagGrowing'],
    async perform(stage) {
      const broker = await stage.startBroker()
      const producer = await fallBehind(broker, 'slower', RECORDS, 0)
      await steadily(stage.signal, 4, () => producer.send({ topic: 'slower', records: GROWTH, bytes: 10 }))
      producer.close()
      await deleteGroup(broker, 'slower')
    }
  },
  {
    name: 'records that are deleted before they are read',
    alerts: ['ConsumerDataLossRisk'],
    async perform(stage) {
      const broker = await stage.startBroker({ config: { 'log.retention.ms': '1800000', 'log.roll.ms': '60000' } })
      const producer = await fallBehind(broker, 'losing', 100, 0)
      await untilAborted(stage.signal)
      producer.close()
      await deleteGroup(broker, 'losing')
    }
  },
  {
    name: 'a group whose members come and go',
    alerts: ['RebalanceStorm'],
    async perform(stage) {
      const broker = await stage.startBroker({ config: { 'group.initial.rebalance.delay.ms': '0' } })
      await comeAndGo(drillOn(broker, stage), REBALANCE_CYCLE_MS)
    }
  }
]
