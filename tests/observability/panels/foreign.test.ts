import { tempDir } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { isPanel } from '../../../tools/preview/collect.ts'
import { prometheusAt } from '../../../tools/preview/prometheus.ts'
import { ask, dashboards } from '../../../tools/preview/render.ts'
import { LivePrometheus } from '../prometheus.ts'
import { finiteValues } from './answers.ts'
import { whyNotPanels } from './check-panels.ts'

/** Nobody listens there. */
const DEAD = '127.0.0.1:1'

test.skipIf(whyNotPanels() !== null)(
  'a Prometheus that scrapes itself is no broker, and its broker is down',
  async () => {
    const folder = tempDir('foreign')
    const broker = { job_name: 'streambus', static_configs: [{ targets: [DEAD] }] }
    const prometheus = await LivePrometheus.start(folder.path, { jobs: [broker], scrapesItself: true, scrapeMs: 200 })
    try {
      await prometheus.until('sum(up) == 1 and count(up) == 2', samples => samples.length === 1)
      expect(await valuesOf(prometheus.url, 'StreamBus Overview', 'Brokers Up')).toEqual([0])
      expect(await valuesOf(prometheus.url, 'StreamBus Runtime', 'Process')).toEqual([])
      expect(await prometheus.query('process_resident_memory_bytes')).toHaveLength(1)
    } finally {
      await prometheus.stop()
      folder.remove()
    }
  }
)

async function valuesOf(url: string, board: string, title: string): Promise<readonly number[]> {
  const dashboard = dashboards.find(one => one.title === board)
  if (dashboard === undefined) throw new Error(`there is no dashboard ${board}`)
  const span = { minutes: 1, scrapeMs: 200, toMs: Date.now() + 1000 }
  const { parts } = await ask(dashboard, { prometheus: prometheusAt(url), loki: null }, span)
  return parts
    .filter(isPanel)
    .flatMap(({ panel, targets }) => (panel.title === title ? targets.flatMap(finiteValues) : []))
}
