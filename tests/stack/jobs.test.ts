import { once } from 'node:events'
import fs from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { tempDir } from '@streambus/testkit'
import { describe, expect, test } from 'vitest'
import { LivePrometheus, type Sample } from '../observability/prometheus.ts'
import { type DiscoveredTarget, discoverEndpoints, discoverPods, operatorJob } from './discovery.ts'
import { hasProgram } from './files.ts'
import { ofKind, readManifests, type ServiceMonitor, type StatefulSet } from './manifests.ts'
import { brokerJob, PROMETHEUS_FILES, readPrometheus, type ScrapeConfig } from './scrape-config.ts'

const manifests = readManifests()
const [broker] = ofKind<StatefulSet>(manifests, 'StatefulSet') as [StatefulSet]
const TARGETS_FILE = 'targets.json'
const [monitor] = ofKind<ServiceMonitor>(manifests, 'ServiceMonitor') as [ServiceMonitor]

/** Called when a test has ended. Tests run side by side, because a Prometheus takes 5 s to find its targets. */
type Later = (clean: () => Promise<void> | void) => void

/** A scrape job, and what Kubernetes would find for it. */
interface Job {
  readonly config: ScrapeConfig
  readonly targets: readonly DiscoveredTarget[]
}

/** Prometheus itself runs the configurations; only addresses are replaced, and discovery by what it would find. */
describe.skipIf(!hasProgram('prometheus')).concurrent('up{job="streambus"} (needs prometheus on the PATH)', () => {
  test.for([
    ['beside the broker', PROMETHEUS_FILES.static, 1],
    ['in docker/compose.yaml', PROMETHEUS_FILES.compose, 1],
    ['in the compose file of the guide', PROMETHEUS_FILES.guide, 1],
    ['for several brokers', PROMETHEUS_FILES.multiBroker, 3]
  ] as const)('%s', async ([, file, count], { onTestFinished: later }) => {
    const brokers = await startBrokers(count, later)
    const samples = await followJob(withAddresses(brokerJob(readPrometheus(file)), brokers), brokers, later)
    if (count === 1) return
    for (const { labels } of samples) expect(labels).toMatchObject({ cluster: 'production', environment: 'prod' })
  })

  test('in Kubernetes, found as pods', async ({ onTestFinished: later }) => {
    const brokers = await startBrokers(2, later)
    const targets = discoverPods(broker, 2, addressesOf(brokers))
    expect(targets).toHaveLength(4)
    const job = discovered(brokerJob(readPrometheus(PROMETHEUS_FILES.kubernetes)), targets)
    const samples = await followJob(job, brokers, later)
    expect(new Set(samples.map(({ labels }) => labels['instance']))).toEqual(new Set(['streambus-0', 'streambus-1']))
  })

  test('in Kubernetes, by the ServiceMonitor', async ({ onTestFinished: later }) => {
    const brokers = await startBrokers(2, later)
    const targets = discoverEndpoints(manifests, 2, addressesOf(brokers))
    expect(targets).toHaveLength(6)
    const samples = await followJob(discovered(operatorJob(monitor), targets), brokers, later)
    for (const { labels } of samples) expect(labels['service']).toBe('streambus-metrics')
  })

  test('not by a ServiceMonitor without jobLabel', async ({ onTestFinished: later }) => {
    const brokers = await startBrokers(1, later)
    const { jobLabel: _, ...spec } = monitor.spec
    const targets = discoverEndpoints(manifests, 1, addressesOf(brokers))
    const { names } = await scrape(discovered(operatorJob({ ...monitor, spec }), targets), brokers, later)
    expect(names).toEqual(['streambus-metrics'])
  })

  test('not for several brokers without the line that renames the job', async ({ onTestFinished: later }) => {
    const brokers = await startBrokers(1, later)
    const { relabel_configs: _, ...config } = brokerJob(readPrometheus(PROMETHEUS_FILES.multiBroker))
    const { names } = await scrape(withAddresses(config, brokers), brokers, later)
    expect(names).toEqual(['streambus-cluster'])
  })
})

interface FakeBroker {
  readonly address: string
  readonly stop: () => void
}

/** The job is true for every broker, and for nothing else; false for each when it is gone. */
async function followJob(job: Job, brokers: readonly FakeBroker[], later: Later): Promise<readonly Sample[]> {
  const { prometheus, names } = await scrape(job, brokers, later)
  expect(names).toEqual(['streambus'])
  const all = (samples: readonly Sample[]): boolean => samples.length === brokers.length
  const samples = await prometheus.until('up{job="streambus"} == 1', all)
  // Whatever else was found, such as the port for Kafka clients, would be in here.
  expect(await prometheus.until('count(up)', counts => counts.length === 1)).toMatchObject([{ value: brokers.length }])
  for (const { stop } of brokers) stop()
  await prometheus.until('up{job="streambus"} == 0', all)
  return samples
}

/** Starts a Prometheus with this job; when it has scraped all brokers, the names of the jobs they are under. */
async function scrape(
  { config, targets }: Job,
  brokers: readonly FakeBroker[],
  later: Later
): Promise<{ readonly prometheus: LivePrometheus; readonly names: readonly string[] }> {
  const folder = tempDir('prometheus')
  later(() => folder.remove())
  fs.writeFileSync(path.join(folder.path, TARGETS_FILE), JSON.stringify(targets))
  const prometheus = await LivePrometheus.start(folder.path, { jobs: [config] })
  later(() => prometheus.stop())
  const samples = await prometheus.until('up == 1', found => found.length === brokers.length)
  return { prometheus, names: [...new Set(samples.map(({ labels }) => labels['job'] ?? ''))] }
}

async function startBrokers(count: number, later: Later): Promise<FakeBroker[]> {
  const servers = Array.from({ length: count }, () =>
    createServer((request, response) => {
      response.statusCode = request.url === '/metrics' ? 200 : 404
      response.setHeader('content-type', 'text/plain; version=0.0.4')
      response.end('# TYPE streambus_broker_status gauge\nstreambus_broker_status 2\n')
    }).listen(0, '127.0.0.1')
  )
  return Promise.all(
    servers.map(async server => {
      await once(server, 'listening')
      const stop = (): void => {
        server.close()
        server.closeAllConnections()
      }
      later(stop)
      return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
    })
  )
}

/** The metrics port is a fake broker's; nothing listens on the other one. */
function addressesOf(brokers: readonly FakeBroker[]): (podIndex: number, portName: string) => string {
  return (index, name) => (name === 'metrics' ? (brokers[index]?.address ?? '') : '127.0.0.1:1')
}

function withAddresses(job: ScrapeConfig, brokers: readonly FakeBroker[]): Job {
  const { static_configs: configs = [], ...rest } = job
  const addresses = brokers.map(({ address }) => address)
  return { config: { ...rest, static_configs: configs.map(each => ({ ...each, targets: addresses })) }, targets: [] }
}

/** The job with a file instead of Kubernetes. */
function discovered(job: ScrapeConfig, targets: readonly DiscoveredTarget[]): Job {
  const { kubernetes_sd_configs: _, ...rest } = job
  return { config: { ...rest, file_sd_configs: [{ files: [TARGETS_FILE] }] }, targets }
}
