import { runGroupScenarios } from './scenarios.ts'
import { findLibrdkafka } from './worker-clients.ts'

await runGroupScenarios('librdkafka-consumer', 'consumer', findLibrdkafka('consumer'))
