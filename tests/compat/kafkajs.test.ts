import { openKafkaJs } from './kafkajs-client.ts'
import { runScenarios } from './scenarios.ts'

await runScenarios('kafkajs', openKafkaJs)
