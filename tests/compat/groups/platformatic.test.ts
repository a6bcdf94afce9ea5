import { runGroupScenarios } from './scenarios.ts'
import { findPlatformatic } from './worker-clients.ts'

await runGroupScenarios('platformatic', 'classic', findPlatformatic('classic'))
