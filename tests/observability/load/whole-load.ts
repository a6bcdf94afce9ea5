import fs from 'node:fs'
import path from 'node:path'
import { startBroker } from '../../durability/broker.ts'
import { Cleanup } from '../../durability/cleanup.ts'
import { hasProgram } from '../../stack/files.ts'
import type { ScrapeConfig } from '../../stack/scrape-config.ts'
import { LivePrometheus } from '../prometheus.ts'
import { AdminProxy } from './admin-proxy.ts'
import { checkLoad } from './check-load.ts'
import { CountingProxy } from './counting-proxy.ts'
import { DiskTally } from './disk-tally.ts'
import { LOAD_CONFIG } from './drive-load.ts'
import { differences } from './expectation.ts'
import { expectations } from './expectations.ts'

/** In the negative control it has another name, as after a careless change of the catalogue. */
const RENAMED = 'streambus_messages_produced_total'

export interface WholeLoadOptions {
  readonly say: (line: string) => void
  /** For configurations and data. */
  readonly folder: string
}

/** Why this cannot run here, in a sentence; null when it can. */
export function whyNotLoad(): string | null {
  return hasProgram('prometheus') ? null : 'prometheus is not installed'
}

/**
 * The scripted load on a broker of its own, twice, before a Prometheus that scrapes it: what that has must be what the
 * tallies have, and where a metric is renamed or nothing was scraped the comparison must say so. Problems, one a line.
 */
export async function checkWholeLoad({ say, folder }: WholeLoadOptions): Promise<string[]> {
  const cleanup = new Cleanup()
  const forget = cleanup.onSignals()
  try {
    const proxy = await CountingProxy.start()
    cleanup.add('proxy', () => proxy.close())
    const config = { ...LOAD_CONFIG, 'advertised.listeners': proxy.advertised }
    const [broker] = await startBroker(cleanup, { config })
    proxy.lead(broker.bootstrap)
    const disk = new DiskTally(broker.dataDir)
    const admin = await AdminProxy.start(broker.adminUrl)
    cleanup.add('admin proxy', () => admin.close())
    const start = prometheusIn(folder, new URL(admin.url).host, cleanup)
    const prometheus = await start('prometheus', {})
    const renaming = await start('renaming', { metric_relabel_configs: [rename(RENAMED)] })
    const empty = await start('empty', { metric_relabel_configs: [{ action: 'drop', regex: '.*' }] })
    const problems: string[] = []
    for (const name of ['load', 'load again'])
      problems.push(...(await checkLoad({ proxy, disk, admin, prometheus, say, name: name.replace(' ', '-') })))
    await admin.hold()
    const held = Date.now() / 1000
    await renaming.until(`timestamp(streambus_ready) >= ${held}`, ({ length }) => length > 0)
    const expected = expectations({ wire: proxy.tally, disk, admin: admin.requests })
    const missed = await differences(expected, expr => renaming.query(expr))
    if (!missed.some(({ query }) => query.name === RENAMED))
      problems.push(`negative control: that ${RENAMED} is not there is not noticed`)
    const unnoticed = expected.length - (await differences(expected, expr => empty.query(expr))).length
    // Of what must be nothing, or not be there at all, an empty Prometheus has just that.
    const nothing = expected.filter(
      ({ expected: value, query }) => value === null || (value === 0 && query.of === 'total')
    )
    if (unnoticed > nothing.length)
      problems.push(`negative control: ${unnoticed} numbers equal those of an empty Prometheus`)
    say(
      `negative controls: ${missed.length} numbers differ where ${RENAMED} is renamed, ${expected.length - unnoticed} of ${expected.length} where nothing was scraped`
    )
    return problems
  } finally {
    await cleanup.run()
    forget()
  }
}

function rename(metric: string): object {
  return { source_labels: ['__name__'], regex: metric, target_label: '__name__', replacement: `${metric}_renamed` }
}

/** Starts one that scrapes the broker with these relabellings, in a folder of its own. */
function prometheusIn(
  folder: string,
  target: string,
  cleanup: Cleanup
): (name: string, relabelling: Partial<ScrapeConfig>) => Promise<LivePrometheus> {
  return async (name, relabelling) => {
    const own = path.join(folder, name)
    fs.mkdirSync(own)
    const job = { job_name: 'streambus', static_configs: [{ targets: [target] }], ...relabelling }
    const prometheus = await LivePrometheus.start(own, { jobs: [job] })
    cleanup.add(name, () => prometheus.stop())
    return prometheus
  }
}
