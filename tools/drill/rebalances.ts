import { pause, type Scenario, type Stage } from './scenario.ts'

const TOPIC = 'alert-drill'
const GROUP = 'alert-drill-storm'
/** Twice in that time somebody comes or goes. */
const CYCLE_MS = 30_000

/** A member of a group comes and goes once in `cycleMs`; another one stays. */
export async function comeAndGo(stage: Stage, cycleMs: number): Promise<void> {
  const { Kafka, logLevel } = await import('kafkajs')
  const kafka = new Kafka({ brokers: stage.bootstrap.split(','), logLevel: logLevel.NOTHING })
  const join = async (): Promise<{ leave(): Promise<void> }> => {
    // It hears of a rebalance by its next heartbeat, and beats only between two fetches.
    const paceMs = Math.min(3_000, cycleMs / 5)
    const consumer = kafka.consumer({ groupId: GROUP, heartbeatInterval: paceMs, maxWaitTimeInMs: paceMs })
    await consumer.connect()
    await consumer.subscribe({ topic: TOPIC })
    await consumer.run({ eachMessage: () => Promise.resolve() })
    return { leave: () => consumer.disconnect() }
  }
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: TOPIC }] })
  const staying = await join()
  try {
    while (!stage.signal.aborted) {
      const restless = await join()
      await pause(cycleMs / 2, stage.signal)
      await restless.leave()
      await pause(cycleMs / 2, stage.signal)
    }
  } finally {
    await staying.leave()
    await admin.deleteGroups([GROUP])
    await admin.deleteTopics({ topics: [TOPIC] })
    await admin.disconnect()
  }
}

export const rebalanceScenario: Scenario = {
  name: 'rebalances',
  alerts: ['RebalanceStorm'],
  does: 'has a member of a group leave and come back twice a minute',
  needs: [],
  minutes: 15,
  run: stage => comeAndGo(stage, CYCLE_MS)
}
