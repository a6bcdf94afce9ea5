import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerProcess } from './broker-process.ts'
import { type Figures, record } from './figures.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** After this the start's garbage has had time to go and nothing has been asked of the broker. */
const IDLE_MS = 2_000

const NAMES = [
  'node -e 0',
  'ready, no compile cache',
  'ready, cold compile cache',
  'ready, warm compile cache',
  'resident memory idle'
]

export function wantsFootprint(only: string): boolean {
  return NAMES.some(name => name.includes(only))
}

/** Time to ready and idle memory, over `runs` fresh processes per kind of start. */
export async function runFootprint(figures: Figures, runs: number, progress: (line: string) => void): Promise<void> {
  const cache = temporaryDirectory('compile-cache')
  const kinds = [
    { name: 'ready, no compile cache', environment: { NODE_DISABLE_COMPILE_CACHE: '1' }, isCold: false },
    { name: 'ready, cold compile cache', environment: { NODE_COMPILE_CACHE: cache }, isCold: true },
    { name: 'ready, warm compile cache', environment: { NODE_COMPILE_CACHE: cache }, isCold: false }
  ]
  try {
    for (let run = 1; run <= runs; run++) {
      progress(`footprint ${run}/${runs}`)
      record(figures, { name: 'node -e 0', system: 'node', unit: 'ms' }, await bareStartMs())
      for (const { name, environment, isCold } of kinds) {
        if (isCold) fs.rmSync(cache, { recursive: true, force: true })
        const broker = await BrokerProcess.start({ environment })
        record(figures, { name, system: 'streambus', unit: 'ms' }, broker.readyMs)
        if (!isCold) {
          await sleep(IDLE_MS)
          record(figures, { name: 'resident memory idle', system: 'streambus', unit: 'MiB' }, broker.rssMib())
        }
        await broker.stop()
      }
    }
  } finally {
    fs.rmSync(cache, { recursive: true, force: true })
  }
}

async function bareStartMs(): Promise<number> {
  const startMs = performance.now()
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })
  await once(child, 'exit')
  return performance.now() - startMs
}
