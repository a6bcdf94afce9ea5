import { runGroupScenarios } from './scenarios.ts'
import { findJava } from './worker-clients.ts'

await runGroupScenarios('java-consumer', 'consumer', findJava('consumer'))
