import { runGroupScenarios } from './scenarios.ts'
import { findPlatformatic } from './worker-clients.ts'

await runGroupScenarios('platformatic-consumer', 'consumer', findPlatformatic('consumer'))
