import { setTimeout as sleep } from 'node:timers/promises'
import type { Scene } from '../scene.ts'
import { ask, type Stage } from '../stage.ts'

const STOPPED_MS = 400

/** Everything is logged for a while, also what the admin port is asked. */
async function logMore(stage: Stage): Promise<void> {
  await ask(stage, '/api/v1/log-level', { method: 'PUT', body: '{"level":"debug"}' })
  await ask(stage, '/api/v1/log-level', { method: 'PUT', body: '{"level":"loud"}' })
  await Promise.all([
    ask(stage, '/api/v1/diagnostics/event-loop?seconds=3'),
    ask(stage, '/api/v1/diagnostics/cpu-profile?seconds=1'),
    sleep(3_000)
  ])
  await ask(stage, '/api/v1/log-level', { method: 'PUT', body: '{"level":"info"}' })
}

/** The process stands still, as under a hypervisor that has no time for it. */
async function standStill({ broker }: Stage): Promise<void> {
  for (let round = 0; round < 4; round++) {
    process.kill(broker.pid, 'SIGSTOP')
    await sleep(STOPPED_MS)
    process.kill(broker.pid, 'SIGCONT')
    await sleep(600)
  }
}

/** Spans are refused at first, and taken from now on. */
async function mendCollector({ collector }: Stage): Promise<void> {
  collector.isHealthy = true
  await sleep(100)
}

export const adminScenes: readonly Scene[] = [
  { name: 'the log at level debug, diagnostics', run: logMore },
  { name: 'a process that stands still', run: standStill },
  { name: 'a collector of traces that works again', run: mendCollector }
]
