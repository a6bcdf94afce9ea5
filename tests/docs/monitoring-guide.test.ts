import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '@streambus/broker'
import { catalogue, type Definition } from '@streambus/metrics'
import { startBroker, type TestBroker, tempDir } from '@streambus/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { runCommand } from '../../tools/drill/run-cli.ts'
import { checkPromql } from '../../tools/promql/index.ts'
import { hasAmtool, hasPromtool, run } from '../alerts/debian-tools.ts'
import { loggedEvents } from '../alerts/runbook-problems.ts'
import { context } from '../alerts/shipped.ts'
import { blocksOf, brokenLinks, headingsOf, rowsBelow } from './markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = path.join(root, 'docs/MONITORING.md')
const guide = fs.readFileSync(file, 'utf8')
const blocks = blocksOf(guide)
const TOKEN = 'token-of-this-test-1'

/** What an operator's guide has to answer, in this order; others may stand between. */
const HEADINGS = [
  '# StreamBus Monitoring & Observability',
  '## Table of Contents',
  '## Overview',
  '## Metrics',
  '### Broker Metrics',
  '### Message Metrics',
  '### Topic Metrics',
  '### Performance Metrics',
  '### Consumer Group Metrics',
  '### Transaction Metrics',
  '### Storage Metrics',
  '### Network Metrics',
  '### Security Metrics',
  '### Cluster Metrics',
  '### Schema Registry Metrics',
  '## Prometheus Integration',
  '### Configuration',
  '### Multi-Broker Setup',
  '### Service Discovery',
  '### Example Queries',
  '## Grafana Dashboards',
  '### Import Dashboard',
  '### Dashboard Panels',
  '### Custom Dashboards',
  '#### Security Monitoring Dashboard',
  '#### Performance Dashboard',
  '#### Capacity Planning Dashboard',
  '## Health Checks',
  '### HTTP Health Endpoint',
  '### Health Check Status Codes',
  '### Kubernetes Liveness Probe',
  '### Kubernetes Readiness Probe',
  '## Alerting',
  '### Prometheus Alert Rules',
  '### Alertmanager Configuration',
  '## Best Practices',
  '### 1. Monitoring Strategy',
  '### 2. Metrics Collection',
  '### 3. Dashboard Design',
  '### 4. Alert Fatigue Prevention',
  '### 5. Performance Impact',
  '## Troubleshooting',
  '### Metrics Not Appearing',
  '### High Memory Usage',
  '### Missing Metrics',
  '## Integration Examples',
  '### Docker Compose',
  '### Kubernetes',
  '## Related Documentation',
  '## Support'
]

test('answers every heading, in order, and lists its parts', () => {
  const headings = headingsOf(guide)
  expect(headings.filter(heading => HEADINGS.includes(heading))).toEqual(HEADINGS)
  const parts = headings.filter(heading => heading.startsWith('## ')).map(heading => heading.slice(3))
  const listed = [...guide.matchAll(/^- \[(.*?)\]\(#/gm)].map(([, title]) => title)
  expect(listed).toEqual(parts.filter(title => title !== 'Table of Contents'))
})

test('has no link that leads nowhere', () => {
  expect(brokenLinks(file)).toEqual([])
  const named = [...guide.matchAll(/(?<![\w/.-])(?:docker|deploy|alerts|tools|dashboards)\/[\w./-]*\w\.\w+/g)]
  for (const [name] of named) expect(fs.existsSync(path.join(root, name)), name).toBe(true)
})

test('asks for metrics that there are, in queries that can have an answer', () => {
  const lines = blocks.filter(({ language }) => language === 'promql').flatMap(({ text }) => text.split('\n'))
  const inTables = rowsBelow(guide, 'Number').map(cells => cells.at(-1)?.replaceAll('`', '') ?? '')
  const queries = [...lines.filter(line => line !== '' && !line.startsWith('#')), ...inTables]
  expect(queries.length).toBeGreaterThan(20)
  const options = { known: context.known, bareCounters: true }
  expect(queries.flatMap(query => checkPromql(query, options).map(problem => `${query}: ${problem}`))).toEqual([])
})

test('names metrics that there are, with their types, and all that are promised', () => {
  const definitions: readonly Definition[] = Object.values(catalogue)
  const scopes = { local: ['sum', '–', 'max'], cluster: ['max'], owner: ['owner'] }
  const promised = definitions.filter(({ stability }) => stability === 'seed')
  const rows = new Map(rowsBelow(guide, 'Metric').map(([name = '', ...cells]) => [name.replaceAll('`', ''), cells]))
  expect([...rows.keys()].sort()).toEqual(promised.map(({ name }) => name).sort())
  for (const { name, type, scope } of promised) {
    const [shown = '', scopeShown = ''] = rows.get(name) ?? []
    expect(shown.toLowerCase(), name).toBe(type)
    expect(scopes[scope], name).toContain(scopeShown)
  }
  const known = new Set(definitions.map(({ name }) => name))
  const named = [...guide.matchAll(/\b(?:streambus|nodejs|process|go_gc)_[a-z_]+\b/g)].map(([name]) => name)
  const plain = (name: string): string => name.replace(/_(bucket|count|sum)$/, '')
  /** Of a pattern. */
  const isStart = (name: string): boolean => name.endsWith('_') && [...known].some(each => each.startsWith(name))
  const recorded = /^(streambus_(messages_produced|request_errors_per_requests)|nodejs_eventloop_utilization)$/
  const unknown = named.filter(name => !known.has(name) && !known.has(plain(name)) && !isStart(name))
  expect(unknown.filter(name => !recorded.test(name))).toEqual([])
})

describe('blocks', () => {
  test('of JSON and YAML can be read', () => {
    for (const { language, text } of blocks) {
      if (language === 'json') JSON.parse(text)
      if (language === 'yaml') expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([])
    }
  })

  test('of alerts and of the compose file are the files that are shipped', () => {
    const yaml = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => `${text}\n`)
    expect(yaml).toContain(fs.readFileSync(path.join(root, 'tests/alerts/guide-alerts.yml'), 'utf8'))
    expect(yaml).toContain(fs.readFileSync(path.join(root, 'docker/guide/docker-compose.yml'), 'utf8'))
  })

  const promises = blocks.filter(({ text }) => text.startsWith('scrape_configs:'))
  test.skipIf(!hasPromtool).each(promises)(
    '%# of scrape configurations are valid (skipped without promtool)',
    block => {
      const directory = tempDir('guide')
      try {
        const config = path.join(directory.path, 'prometheus.yml')
        fs.writeFileSync(config, block.text)
        const { output } = run('promtool', ['check', 'config', '--syntax-only', config])
        // Debian's build lacks discovery in Kubernetes.
        expect(output).toMatch(/SUCCESS|field kubernetes_sd_configs not found/)
        if (!block.text.includes('kubernetes_sd_configs')) expect(output).toContain('SUCCESS')
      } finally {
        directory.remove()
      }
    }
  )

  test('of scrape configurations all end with the job streambus', () => {
    const jobs = promises.flatMap(({ text }) => {
      const { scrape_configs: configs } = parse(text) as {
        scrape_configs: { job_name: string; relabel_configs?: { target_label?: string; replacement?: string }[] }[]
      }
      return configs.map(({ job_name: name, relabel_configs: rules = [] }) => {
        return rules.findLast(({ target_label: label }) => label === 'job')?.replacement ?? name
      })
    })
    expect(jobs).toEqual(['streambus', 'streambus', 'streambus'])
  })

  const routes = blocks.filter(({ text }) => /^(route:|cat > .*alertmanager\.yml)/.test(text))
  test.skipIf(!hasAmtool).each(routes)('%# of Alertmanager are valid (skipped without amtool)', block => {
    const directory = tempDir('guide')
    try {
      const config = path.join(directory.path, 'alertmanager.yml')
      fs.writeFileSync(config, /<<'EOF'\n(.*?)\nEOF/s.exec(block.text)?.[1] ?? block.text)
      expect(run('amtool', ['check-config', config]).output).toContain('SUCCESS')
    } finally {
      directory.remove()
    }
  })
})

describe('what it says of the admin port is what a broker says', () => {
  let broker: TestBroker
  const get = async (route: string): Promise<unknown> => {
    const response = await fetch(`${broker.adminUrl}${route}`, { headers: { Authorization: `Bearer ${TOKEN}` } })
    return response.json()
  }
  const text = async (route: string): Promise<string> => (await fetch(`${broker.adminUrl}${route}`)).text()
  /** Names of fields, through all levels. */
  const shape = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
      : typeof value
  const documented = (start: string): unknown => {
    const block = blocks.find(({ language, text }) => language === 'json' && text.includes(start))
    return block === undefined ? null : JSON.parse(block.text)
  }
  /** A check has a message when there is something to say. */
  const withoutMessages = (text: unknown): unknown =>
    JSON.parse(JSON.stringify(text, (key, value: unknown) => (key === 'message' ? undefined : value)))

  beforeAll(async () => {
    broker = await startBroker({ memory: true, config: { 'admin.tokens': TOKEN } })
  })
  afterAll(() => broker.stop())

  test('routes and who may use them', async () => {
    const { endpoints } = (await get('/')) as { endpoints: { method: string; path: string; access: string }[] }
    const told = rowsBelow(guide, 'Route').flatMap(([routes = '', access = '']) =>
      [...routes.matchAll(/`(.*?)`/g)].map(
        ([, route]) => `${route} ${access.replace('token, if one is set', 'token-if-set')}`
      )
    )
    const served = endpoints.map(({ method, path: route, access }) => `${method} ${route} ${access}`)
    expect(told.sort()).toEqual(served.sort())
  })

  test('health, brief and verbose, and what the checks are', async () => {
    expect(shape(documented('"cluster": "ok"'))).toEqual(shape(await get('/health')))
    const verbose = await get('/health?verbose=1')
    expect(shape(withoutMessages(documented('"responseTime"')))).toEqual(shape(withoutMessages(verbose)))
    const names = Object.keys((verbose as { checks: object }).checks)
    expect(rowsBelow(guide, 'Check').map(([name]) => name?.replaceAll('`', ''))).toEqual(names)
  })

  test('metrics beyond the limits: they have the numbers of /metrics', async () => {
    const env = { STREAMBUS_BOOTSTRAP: broker.bootstrap }
    await runCommand(['topic', 'create', 'orders', '--partitions', '2'], { env, stdin: [] })
    await runCommand(['produce', 'orders'], { env, stdin: ['1\n', '2\n'] })
    const reset = ['group', 'reset-offsets', 'billing', '--topic', 'orders', '--to-earliest', '--execute']
    await runCommand(reset, { env, stdin: [] })
    const scraped = (await text('/metrics')).split('\n')
    const commands = [...guide.matchAll(/^curl 'http:\/\/localhost:8080(\/metrics\/detailed\?.*)'$/gm)]
    expect(commands).toHaveLength(2)
    for (const [, route = ''] of commands) {
      const series = (await text(route)).split('\n').filter(line => /^streambus.*(orders|billing)/.test(line))
      expect(series.length).toBeGreaterThan(1)
      expect(scraped).toEqual(expect.arrayContaining(series))
    }
  })

  test('metrics as JSON', async () => {
    expect(shape(documented('"num_gc"'))).toEqual(shape(await get('/api/v1/monitoring/metrics')))
  })
})

test('settings have the defaults that it names, and those that it names exist', async () => {
  const { values } = await loadConfig({})
  const all: Readonly<Record<string, unknown>> = values
  const rows = rowsBelow(guide, 'Setting').map(cells => cells.map(cell => cell.replaceAll('`', '')))
  expect(rows.length).toBeGreaterThan(8)
  for (const [name = '', shown] of rows) {
    const value = all[name]
    const isNone = value === '' || (Array.isArray(value) && value.length === 0)
    expect(shown, name).toBe(isNone ? 'none' : String(value))
  }
  const prefixes = 'admin|metrics|slo|slow|tracing|queued|output|max|offsets|producer|log'
  const named = [...guide.matchAll(new RegExp(`\`((?:${prefixes})(?:\\.[a-z]+)+)\``, 'g'))].map(([, name = '']) => name)
  expect(named.filter(name => !(name in all))).toEqual([])
})

test('events that it names are logged', () => {
  const events = loggedEvents(root)
  const named = [...guide.matchAll(/event(?:=| == )"(\w+)"/g)].map(([, event = '']) => event)
  expect(named.length).toBeGreaterThan(1)
  expect(named.filter(event => !events.has(event))).toEqual([])
})
