import { openCli } from './cli-client.ts'
import { runScenarios } from './scenarios.ts'

await runScenarios('cli', openCli)
