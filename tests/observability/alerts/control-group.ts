import fs from 'node:fs'
import path from 'node:path'
import type { SpawnedBroker } from '@streambus/testkit'
import type { Cleanup } from '../../durability/cleanup.ts'

const ROOT = '/sys/fs/cgroup'
const PERIOD_US = 100_000

type Limit = { readonly cores: number } | { readonly memoryBytes: number }

/** Why no control group can be made here; null when one can. */
export function whyNoControlGroup(): string | null {
  if (process.getuid?.() !== 0) return 'only root may make control groups'
  return homeOf('cpu') === null || homeOf('memory') === null ? `${ROOT} has no cpu and memory controllers` : null
}

/** The directory in which groups of a controller are made: its own in version 1, the root in version 2. */
function homeOf(controller: 'cpu' | 'memory'): string | null {
  if (fs.existsSync(`${ROOT}/${controller}/cgroup.procs`)) return `${ROOT}/${controller}`
  const enabled = `${ROOT}/cgroup.subtree_control`
  return fs.existsSync(enabled) && fs.readFileSync(enabled, 'utf8').split(/\s+/).includes(controller) ? ROOT : null
}

/** A group of one broker, whose limit can be changed; the broker leaves it, and it is gone, with `cleanup`. */
export class ControlGroup {
  readonly #home: string
  readonly #folder: string

  constructor(broker: SpawnedBroker, limit: Limit, cleanup: Cleanup) {
    this.#home = homeOf('cores' in limit ? 'cpu' : 'memory') as string
    this.#folder = path.join(this.#home, `streambus-${broker.pid}`)
    fs.mkdirSync(this.#folder)
    this.limit(limit)
    fs.writeFileSync(path.join(this.#folder, 'cgroup.procs'), String(broker.pid))
    cleanup.add('control group', () => {
      for (const pid of fs.readFileSync(path.join(this.#folder, 'cgroup.procs'), 'utf8').trim().split('\n'))
        if (pid !== '') fs.writeFileSync(path.join(this.#home, 'cgroup.procs'), pid)
      fs.rmdirSync(this.#folder)
    })
  }

  limit(limit: Limit): void {
    const isV2 = this.#home === ROOT
    if ('memoryBytes' in limit) this.#write(isV2 ? 'memory.max' : 'memory.limit_in_bytes', String(limit.memoryBytes))
    else if (isV2) this.#write('cpu.max', `${limit.cores * PERIOD_US} ${PERIOD_US}`)
    else this.#write('cpu.cfs_quota_us', String(limit.cores * PERIOD_US))
  }

  #write(file: string, text: string): void {
    fs.writeFileSync(path.join(this.#folder, file), text)
  }
}
