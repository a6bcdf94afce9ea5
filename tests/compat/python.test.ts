import { openPython } from './runtimes.ts'
import { runScenarios } from './scenarios.ts'

await runScenarios('python', openPython)
