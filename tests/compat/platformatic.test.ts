import { openPlatformatic } from './platformatic-client.ts'
import { runScenarios } from './scenarios.ts'

await runScenarios('platformatic', openPlatformatic)
