import { openJava } from './runtimes.ts'
import { runScenarios } from './scenarios.ts'

await runScenarios('java', openJava)
