import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { loadConfig } from '@streambus/broker'
import { catalogue } from '@streambus/metrics'
import { describe, expect, test } from 'vitest'
import { imageEnvironment } from './container.ts'
import { lineage, parseDockerfile } from './dockerfile.ts'
import { inRepository, readText, readYaml } from './files.ts'
import { readPrometheus } from './scrape-config.ts'

interface ComposeService {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>> | readonly string[]
  readonly command?: readonly string[]
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>
  readonly user?: string
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly labels?: Readonly<Record<string, string>>
  readonly profiles?: readonly string[]
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes?: Readonly<Record<string, unknown>>
}

interface DataSource {
  readonly uid: string
  readonly type: string
  readonly url: string
  readonly jsonData: Readonly<Record<string, unknown>>
}

const stack = readYaml<ComposeFile>('docker/compose.yaml')
const stages = parseDockerfile(readText('docker/Dockerfile'))
const service = (name: string): ComposeService => {
  const found = stack.services[name]
  if (found === undefined) throw new Error(`docker/compose.yaml has no service ${name}`)
  return found
}
/** Ports that something listens on although they are not published. */
const INTERNAL_PORTS = ['jaeger:8888', 'node-exporter:9100']
const containerPorts = new Set([
  ...Object.entries(stack.services).flatMap(([name, { ports = [] }]) =>
    ports.map(port => `${name}:${port.split(':').at(-1)}`)
  ),
  ...INTERNAL_PORTS
])

describe('docker/compose.yaml', () => {
  test('pins every image but the one that it builds', () => {
    for (const [name, { image, build }] of Object.entries(stack.services)) {
      expect(image, name).toMatch(build === undefined ? /^[a-z]+\/[a-z-]+:v?\d+\.\d+\.\d+$/ : /^streambus:latest$/)
    }
    const build = service('streambus').build
    expect(fs.existsSync(path.join(inRepository('docker'), build?.context ?? '', build?.dockerfile ?? ''))).toBe(true)
  })

  test('mounts only what is there and volumes that are declared', () => {
    for (const [name, { volumes = [] }] of Object.entries(stack.services)) {
      for (const volume of volumes) {
        const [source = ''] = volume.split(':')
        if (source.startsWith('.')) expect(isThere(source), `${name}: ${volume}`).toBe(true)
        else if (!source.startsWith('/')) expect(stack.volumes, `${name}: ${volume}`).toHaveProperty(source)
      }
    }
  })

  test('publishes each port once, and on the loopback interface unless told otherwise', () => {
    const published = Object.values(stack.services).flatMap(({ ports = [] }) => ports)
    for (const port of published) expect(port).toMatch(/^\$\{STREAMBUS_BIND:-127\.0\.0\.1\}:(\d+):\1$/)
    expect(new Set(published).size).toBe(published.length)
    expect(readText('docker/.env')).toContain('\nSTREAMBUS_BIND=127.0.0.1\n')
  })

  test('gives the broker settings that it takes, for clients on the host and in the network', async () => {
    const { environment = {}, ports = [], user } = service('streambus')
    const config = await loadConfig({
      environment: { ...Object.fromEntries(imageEnvironment({ stages })), ...(environment as Record<string, string>) }
    })
    const reachable = config.listeners.map(({ name }, index) => ({ name, ...config.advertised[index] }))
    expect(reachable).toEqual([
      { name: 'PLAINTEXT', host: 'localhost', port: 9092 },
      { name: 'INTERNAL', host: 'streambus', port: 29_092 }
    ])
    expect(config.listeners.every(({ host }) => host === '0.0.0.0')).toBe(true)
    expect(ports.map(port => Number(port.split(':').at(-1)))).toEqual([9092, config.adminListener?.port])
    expect(user).toBe('1000:1000')
    expect([...containerPorts]).toContain(config.values['tracing.otlp.endpoint'].replace('http://', ''))
  })

  test('waits for the broker’s readiness', () => {
    expect(service('streambus').healthcheck?.test.at(-1)).toContain('http://127.0.0.1:8080/health/ready')
    expect(service('prometheus').depends_on).toEqual({ streambus: { condition: 'service_healthy' } })
  })

  test('keeps metrics for 30 days, with exemplars, and mounts the rules where Prometheus looks', () => {
    const { command = [], volumes = [] } = service('prometheus')
    expect(command).toContain('--storage.tsdb.retention.time=30d')
    expect(command).toContain('--enable-feature=exemplar-storage')
    const { rule_files: ruleFiles } = readPrometheus('docker/prometheus/prometheus.yml')
    expect(ruleFiles).toEqual(['/etc/prometheus/rules/streambus-*.yml'])
    for (const name of ['streambus-alerts.yml', 'streambus-recording.yml']) {
      expect(volumes).toContain(`../alerts/${name}:/etc/prometheus/rules/${name}:ro`)
    }
  })

  test('scrapes every service, by the name and port that it has', () => {
    const { scrape_configs: jobs, alerting } = readPrometheus('docker/prometheus/prometheus.yml')
    const targets = jobs.flatMap(({ static_configs: fixed = [], dns_sd_configs: named = [] }) => [
      ...fixed.flatMap(each => each.targets),
      ...named.flatMap(({ names, port }) => names.map(name => `${name}:${port}`))
    ])
    const scraped = targets.map(target => target.replace('localhost:9090', 'prometheus:9090'))
    for (const target of scraped) expect([...containerPorts], target).toContain(target)
    expect(new Set(scraped.map(target => target.split(':')[0]))).toEqual(new Set(Object.keys(stack.services)))
    const receivers = alerting?.alertmanagers.flatMap(each => each.static_configs.flatMap(({ targets: all }) => all))
    expect(receivers).toEqual(['alertmanager:9093'])
    for (const name of named(jobs)) expect(service(name).profiles, `${name} is found by name`).toBeDefined()
  })

  test('sends the logs of every service to Loki, under four labels', () => {
    for (const [name, { labels }] of Object.entries(stack.services)) {
      expect(labels, name).toEqual({ 'streambus.logs': 'true' })
    }
    const alloy = readText('docker/alloy/config.alloy')
    expect(alloy).toContain('values = ["streambus.logs=true"]')
    expect(alloy).toContain('url = "http://loki:3100/loki/api/v1/push"')
    const labels = [...(/stage\.labels \{\s+values = \{([^}]*)\}/.exec(alloy)?.[1] ?? '').matchAll(/(\w+) = ""/g)]
    expect(new Set(labels.map(([, label]) => label))).toEqual(new Set(['broker_id', 'cluster', 'level', 'service']))
    const promtail = readText('docker/promtail/promtail.yml')
    for (const [, label] of labels) expect(promtail).toContain(`\n                ${label}:\n`)
  })

  test('keeps logs for 31 days in the store of Loki 3', () => {
    const loki = readYaml<{
      schema_config: { configs: { store: string; schema: string }[] }
      limits_config: { retention_period: string }
      compactor: { retention_enabled: boolean; delete_request_store: string }
    }>('docker/loki/loki.yml')
    expect(loki.schema_config.configs.at(-1)).toMatchObject({ store: 'tsdb', schema: 'v13' })
    expect(loki.limits_config.retention_period).toBe(`${31 * 24}h`)
    expect(loki.compactor).toMatchObject({ retention_enabled: true, delete_request_store: 'filesystem' })
  })
})

describe('Grafana', () => {
  const { datasources } = readYaml<{ datasources: DataSource[] }>('docker/grafana/datasources/streambus.yml')
  const uids = datasources.map(({ uid }) => uid)

  test('finds every data source at a service of the stack', () => {
    expect(datasources.map(({ type }) => type)).toEqual(['prometheus', 'alertmanager', 'loki', 'jaeger'])
    for (const { url } of datasources) expect([...containerPorts]).toContain(url.replace('http://', ''))
  })

  test('leads from metrics to traces, from logs to traces, from traces to logs and metrics', () => {
    const [prometheus, , loki, jaeger] = datasources.map(({ jsonData }) => jsonData)
    expect(prometheus).toMatchObject({ exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: 'jaeger' }] })
    const [field] = (loki?.['derivedFields'] ?? []) as { matcherRegex: string; datasourceUid: string }[]
    expect(field?.datasourceUid).toBe('jaeger')
    const line = JSON.stringify({ level: 'warn', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: 'x' })
    expect(new RegExp(field?.matcherRegex ?? '').exec(line)?.[1]).toBe('4bf92f3577b34da6a3ce929d0e0e4736')
    expect(jaeger).toMatchObject({
      tracesToLogsV2: {
        datasourceUid: 'loki',
        tags: [{ key: 'service.name', value: 'service' }],
        filterByTraceID: true
      },
      tracesToMetrics: { datasourceUid: 'prometheus', tags: [{ key: 'service.name', value: 'job' }] }
    })
    const linked = [...readText('docker/grafana/datasources/streambus.yml').matchAll(/datasourceUid: (\S+)/g)]
    for (const [, uid] of linked) expect(uids).toContain(uid)
  })

  test('asks only for metrics that exist', () => {
    const names = new Set(Object.values(catalogue).map(({ name }) => name))
    const text = readText('docker/grafana/datasources/streambus.yml')
    const asked = [...text.matchAll(/\bstreambus_\w+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, ''))
    expect(asked.length).toBeGreaterThan(0)
    for (const name of asked) expect(names).toContain(name)
  })

  test('finds the dashboards where both compose files mount them, each uid once', () => {
    const { providers } = readYaml<{ providers: { options: { path: string } }[] }>('dashboards/provider.yml')
    // A second one would load everything twice, and Grafana takes neither.
    expect(fs.readdirSync(inRepository('dashboards')).filter(file => /\.ya?ml$/.test(file))).toHaveLength(1)
    expect(providers).toHaveLength(1)
    const mounted = '/etc/grafana/provisioning/dashboards'
    const folder = providers[0]?.options.path ?? ''
    expect(folder.startsWith(`${mounted}/`)).toBe(true)
    const below = folder.replace(mounted, 'dashboards')
    expect(service('grafana').volumes).toContain(`../dashboards:${mounted}:ro`)
    const guide = readYaml<ComposeFile>('docker/guide/docker-compose.yml')
    expect(guide.services['grafana']?.volumes).toEqual([`./dashboards:${mounted}`])
    // Grafana looks into folders below, too, and loads none of two with the same uid.
    const files = fs
      .readdirSync(inRepository(below), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.json'))
    const dashboards = files.map(file => JSON.parse(readText(`${below}/${file}`)) as { uid?: string })
    expect(dashboards.length).toBeGreaterThan(10)
    expect(dashboards.filter(({ uid }) => uid === undefined)).toEqual([])
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(files.length)
    const { environment = {} } = service('grafana')
    const home = (environment as Record<string, string>)['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']
    expect(home).toBe(`${folder}/streambus-overview.json`)
  })
})

describe('the compose file of the monitoring guide', () => {
  const text = readText('docker/guide/docker-compose.yml')
  const guide = readYaml<ComposeFile>('docker/guide/docker-compose.yml')
  const instructions = lineage(stages, stages.at(-1)?.name ?? '')

  test('is the guide’s, to the letter', () => {
    const hash = createHash('sha256').update(text).digest('hex')
    expect(hash).toBe('dbbe74c424e84dfed42c472a4e3b6b9291ba8411884d0c132677298e0e7561c4')
  })

  test('fits the image: its ports, its volume, no settings needed', () => {
    const { image, ports = [], volumes = [], environment } = guide.services['streambus'] as ComposeService
    expect(image).toBe(service('streambus').image)
    const exposed = instructions.find(({ name }) => name === 'EXPOSE')?.text.split(' ')
    expect(ports.map(port => port.split(':')[1])).toEqual(exposed)
    expect(volumes.map(volume => volume.split(':')[1])).toEqual(
      instructions.filter(({ name }) => name === 'VOLUME').map(({ text: volume }) => volume)
    )
    expect(environment).toBeUndefined()
    // ./data becomes root's when Docker makes it: only an image that starts as root can hand it over.
    expect(instructions.some(({ name }) => name === 'USER')).toBe(false)
  })

  test('finds a prometheus.yml beside it that names the service', () => {
    expect(guide.services['prometheus']?.volumes).toEqual(['./prometheus.yml:/etc/prometheus/prometheus.yml'])
    const [job] = readPrometheus('docker/guide/prometheus.yml').scrape_configs
    expect(job).toMatchObject({ job_name: 'streambus', static_configs: [{ targets: ['streambus:8080'] }] })
  })
})

function named(
  jobs: readonly { readonly dns_sd_configs?: readonly { readonly names: readonly string[] }[] }[]
): string[] {
  return jobs.flatMap(({ dns_sd_configs: found = [] }) => found.flatMap(({ names }) => names))
}

/** Relative to docker/. */
function isThere(source: string): boolean {
  return fs.existsSync(path.join(inRepository('docker'), source))
}
