import { runGroupScenarios } from './scenarios.ts'
import { findLibrdkafka } from './worker-clients.ts'

await runGroupScenarios('librdkafka', 'classic', findLibrdkafka('classic'))
