import { errorByCode, incrementalAlterConfigsApi } from '@streambus/protocol'
import type { Stage } from '../stage.ts'
import { withConnection } from './raw-client.ts'

const TOPIC = 2
const BROKER = 4
const SET = 0
const DELETE = 1

type Values = Readonly<Record<string, string | null>>

/** Settings of all brokers; null: back to what the broker was started with. */
export function configureBrokers(stage: Stage, values: Values): Promise<void> {
  return configure(stage, { type: BROKER, name: '' }, values)
}

export function configureTopic(stage: Stage, topic: string, values: Values): Promise<void> {
  return configure(stage, { type: TOPIC, name: topic }, values)
}

async function configure(stage: Stage, { type, name }: { type: number; name: string }, values: Values): Promise<void> {
  const configs = Object.entries(values).map(([setting, value]) => {
    return { name: setting, configOperation: value === null ? DELETE : SET, value }
  })
  const resources = [{ resourceType: type, resourceName: name, configs }]
  const { responses } = await withConnection(stage, connection =>
    connection.send(incrementalAlterConfigsApi, { resources, validateOnly: false })
  )
  const { errorCode, errorMessage } = responses[0] ?? { errorCode: -1, errorMessage: 'no answer' }
  if (errorCode !== 0)
    throw new Error(`${Object.keys(values).join(', ')}: ${errorByCode(errorCode).name} ${errorMessage ?? ''}`)
}
