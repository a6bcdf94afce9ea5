import { runGroupScenarios } from './scenarios.ts'
import { findKafkaPython } from './worker-clients.ts'

await runGroupScenarios('kafka-python', 'classic', findKafkaPython)
