import { openKcat } from './kcat-client.ts'
import { runScenarios } from './scenarios.ts'

await runScenarios('kcat', openKcat)
