import { connectionScenarios } from '../../../../tools/drill/connections.ts'
import { mustRun } from '../../../../tools/drill/run-cli.ts'
import { untilAborted } from '../../../../tools/drill/scenario.ts'
import { type Act, drillOn } from '../act.ts'
import { RawClient } from '../raw-client.ts'
import { steadily } from '../steady.ts'

const CONNECTIONS = 40
const MISTAKES_PER_SECOND = 10

/** The drills of the monitoring guide. */
const drills: readonly Act[] = connectionScenarios.map(({ name, alerts, run }) => ({
  name,
  alerts,
  async perform(stage) {
    const broker = await stage.startBroker({ config: { 'max.connections': String(CONNECTIONS) } })
    await run(drillOn(broker, stage))
  }
}))

/** Two batches of producer 1 are taken; what comes after them is `mistake`. */
function wrongProducer(name: string, alert: string, mistake: { epoch: number; sequence: number; error: string }): Act {
  return {
    name,
    alerts: [alert],
    async perform(stage) {
      const { bootstrap } = await stage.startBroker()
      const topic = 'wrong'
      await mustRun(bootstrap, ['topic', 'create', topic])
      const producer = await RawClient.open(bootstrap)
      await producer.send({ topic, producerId: 1, producerEpoch: 5, baseSequence: 0 })
      await steadily(stage.signal, MISTAKES_PER_SECOND, async () => {
        const { epoch: producerEpoch, sequence: baseSequence, error } = mistake
        const answer = await producer.send({ topic, producerId: 1, producerEpoch, baseSequence })
        if (answer !== error) throw new Error(`the mistake is answered with ${answer}, not ${error}`)
      })
      producer.close()
    }
  }
}

export const clientActs: readonly Act[] = [
  ...drills,
  {
    name: 'a topic that wants more replicas than it has',
    alerts: ['PartitionsUnderMinIsr'],
    async perform(stage) {
      const { bootstrap } = await stage.startBroker()
      await mustRun(bootstrap, ['topic', 'create', 'wanting', '--config', 'min.insync.replicas=2'])
      await untilAborted(stage.signal)
      await mustRun(bootstrap, ['topic', 'delete', 'wanting'])
    }
  },
  wrongProducer('a producer that skips numbers', 'ProducersOutOfOrder', {
    epoch: 5,
    sequence: 100,
    error: 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  }),
  wrongProducer('a producer that was replaced', 'ProducersFenced', {
    epoch: 4,
    sequence: 1,
    error: 'INVALID_PRODUCER_EPOCH'
  })
]
