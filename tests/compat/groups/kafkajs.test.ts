import { runGroupScenarios } from './scenarios.ts'
import { findKafkaJs } from './worker-clients.ts'

await runGroupScenarios('kafkajs', 'classic', findKafkaJs)
