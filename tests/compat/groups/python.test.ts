import { runGroupScenarios } from './scenarios.ts'
import { findDebianPython } from './worker-clients.ts'

await runGroupScenarios('python', 'classic', findDebianPython)
