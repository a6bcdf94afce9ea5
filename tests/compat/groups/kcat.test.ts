import { findKcat } from './kcat-host.ts'
import { runGroupScenarios } from './scenarios.ts'

await runGroupScenarios('kcat', 'classic', findKcat)
