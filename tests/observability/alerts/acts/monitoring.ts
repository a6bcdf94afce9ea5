import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePort } from '@streambus/testkit'
import { mustRun } from '../../../../tools/drill/run-cli.ts'
import { untilAborted } from '../../../../tools/drill/scenario.ts'
import { pause } from '../../../durability/gate.ts'
import type { Act } from '../act.ts'
import { RawClient } from '../raw-client.ts'
import { steadily } from '../steady.ts'

/** Longer than ScrapeSlow allows. */
const SLOW_MS = 5_500
const TOPICS_MAX = 2
const TOPICS_PER_SECOND = 2

/** Something between Prometheus and the broker that takes its time, as long as `isSlow`. */
async function slowPath(metricsUrl: string, isSlow: () => boolean): Promise<http.Server> {
  const server = http.createServer((_, response) => void answer(response))
  const answer = async (response: http.ServerResponse): Promise<void> => {
    if (isSlow()) await pause(SLOW_MS)
    const metrics = await fetch(metricsUrl)
    response.setHeader('content-type', metrics.headers.get('content-type') ?? '')
    response.end(await metrics.text())
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export const monitoringActs: readonly Act[] = [
  {
    name: 'a scrape that takes long',
    alerts: ['ScrapeSlow'],
    async perform(stage) {
      const { adminUrl } = await stage.startBroker()
      const path = await slowPath(`${adminUrl}/metrics`, () => !stage.signal.aborted)
      stage.cleanup.add('slow path', () => {
        path.close()
        path.closeAllConnections()
      })
      stage.scrape(`127.0.0.1:${(path.address() as AddressInfo).port}`, { job: 'streambus', scrapeSeconds: 6 })
      await untilAborted(stage.signal)
    }
  },
  {
    name: 'something else that should be scraped is gone',
    alerts: ['MonitoringTargetDown'],
    async perform(stage) {
      const port = await freePort()
      stage.scrape(`127.0.0.1:${port}`, { job: 'alertmanager' })
      await untilAborted(stage.signal)
      const server = http.createServer((_, response) => response.end(''))
      server.listen(port, '127.0.0.1')
      stage.cleanup.add('the other target', () => void server.close())
    }
  },
  {
    name: 'more topics than may have series',
    alerts: ['MetricsSeriesDropped'],
    async perform(stage) {
      const broker = await stage.startBroker({ config: { 'metrics.topics.max': String(TOPICS_MAX) } })
      const producer = await RawClient.open(broker.bootstrap)
      const topics: string[] = []
      await steadily(stage.signal, TOPICS_PER_SECOND, async () => {
        const topic = `many-${topics.length}`
        await mustRun(broker.bootstrap, ['topic', 'create', topic])
        topics.push(topic)
        await producer.send({ topic })
      })
      producer.close()
      for (const topic of topics) await mustRun(broker.bootstrap, ['topic', 'delete', topic])
    }
  },
  {
    name: 'traces that nobody takes',
    alerts: ['TelemetryExportFailing'],
    async perform(stage) {
      const collector = http.createServer((request, response) => {
        request.resume()
        response.writeHead(stage.signal.aborted ? 200 : 400).end('{}')
      })
      collector.listen(0, '127.0.0.1')
      await once(collector, 'listening')
      stage.cleanup.add('collector', () => void collector.close())
      const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
      const config = { 'tracing.otlp.endpoint': endpoint, 'tracing.sample.ratio': '1' }
      const broker = await stage.startBroker({ config })
      const producer = await RawClient.open(broker.bootstrap)
      await mustRun(broker.bootstrap, ['topic', 'create', 'traced'])
      await steadily(stage.signal, 20, () => producer.send({ topic: 'traced' }))
      producer.close()
    }
  },
  {
    name: 'two controllers in what is called one cluster',
    alerts: ['MultipleControllers'],
    async perform(stage) {
      await stage.startBroker()
      const other = await stage.startBroker()
      await untilAborted(stage.signal)
      await other.terminate()
    }
  }
]

/** Played alone, at the end: nobody else has a target meanwhile. */
export const nothingScraped: Act = {
  name: 'nothing is scraped',
  alerts: ['StreamBusTargetsAbsent'],
  async perform(stage) {
    await stage.startBroker()
    const show = stage.scrapeNothing()
    await untilAborted(stage.signal)
    show()
  }
}
