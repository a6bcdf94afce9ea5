import { formatAddress, WireError, type WireFailure } from '@streambus/wire-client'
import { MetricsOffError } from '../top/scrape.ts'
import { type Finding, failed, judged, ok, skipped, warning } from './finding.ts'
import type { AdminFacts, Gathered, HealthFacts, KafkaPort } from './gathered.ts'

const SLOW_MS = 1_000

/** What is behind a port that does not answer as a broker does, and what to do about it. */
const FAILURES: Partial<Record<WireFailure, readonly [found: string, wayOut: string]>> = {
  refused: ['refuses connections: nothing listens there', 'start the broker, or name its address with -b HOST:PORT'],
  unresolved: ['has a host name that cannot be resolved from here', 'check the spelling and the DNS'],
  unreachable: ['cannot be reached from here', 'check address, route and firewall'],
  'connect-timeout': ['does not accept a connection', 'check address, route and firewall (one that drops is silent)'],
  'request-timeout': [
    'accepts connections and does not answer ApiVersions',
    'look into the log of the broker: is it stopped, overloaded, or something else?'
  ],
  'http-peer': [
    'is an HTTP port, not a Kafka port',
    'use the port of `listeners` (usually 9092); HTTP is the admin port'
  ],
  'tls-peer': ['is a TLS port', 'use a PLAINTEXT listener: this client speaks no TLS'],
  'not-kafka': [
    'does not speak Kafka: it hangs up or answers something else',
    'use the port of `listeners` (usually 9092); a TLS port looks like this, too'
  ]
}

/** In words, for an address that does not answer. */
export function troubleOf(
  error: Error,
  { isTls }: Pick<KafkaPort, 'isTls'>
): { readonly found: string; readonly wayOut: string } {
  const known = isTls ? FAILURES['tls-peer'] : error instanceof WireError ? FAILURES[error.failure] : undefined
  if (known === undefined)
    return { found: `does not answer: ${error.message}`, wayOut: 'look into the log of the broker' }
  return { found: known[0], wayOut: known[1] }
}

/** Does every bootstrap address speak Kafka. One of several may be down. */
export function judgeBootstrap(ports: readonly KafkaPort[]): Finding[] {
  const isAnyReached = ports.some(({ answered }) => answered.error === null)
  return ports.map(port => {
    const { address, answered } = port
    const where = formatAddress(address)
    if (answered.error !== null) {
      const { found, wayOut } = troubleOf(answered.error, port)
      return (isAnyReached ? warning : failed)('kafka port', `${where} ${found}`, wayOut)
    }
    const took = `${Math.round(answered.value)} ms`
    if (answered.value < SLOW_MS) return ok('kafka port', `${where} speaks Kafka, answered in ${took}`)
    return warning(
      'kafka port',
      `${where} speaks Kafka and took ${took} for connecting and ApiVersions (expected below ${SLOW_MS} ms)`,
      'look at event loop, load and network'
    )
  })
}

/** Does the admin port answer, and what does the broker say of itself. */
export function judgeHealth(admin: AdminFacts | null): Finding[] {
  if (admin === null) return [skipped('admin port', 'not asked (--admin none); what only metrics show is skipped')]
  const where = formatAddress(admin.address)
  const { health, metrics } = admin
  if (health.error !== null) {
    return [
      failed('admin port', about(where, health.error), 'name it with --admin HOST:PORT, or skip it with --admin none')
    ]
  }
  return [ok('admin port', `${where} answers`), ...judgeScrape(where, metrics.error), ...judgeChecks(health.value)]
}

function judgeScrape(where: string, error: Error | null): Finding[] {
  if (error === null) return []
  const found = about(`${where}/metrics`, error)
  if (error instanceof MetricsOffError)
    return [skipped('metrics', found, 'set metrics.enabled=true and start it again')]
  return [failed('admin port', found, 'look into the log of the broker')]
}

function judgeChecks({ status, checks }: HealthFacts): Finding[] {
  const bad = checks.filter(check => check.status !== 'ok')
  if (bad.length === 0) return [ok('health', `${status}: all ${checks.length} checks of the broker are ok`)]
  return bad.map(({ name, status: state, message }) =>
    judged('health', state === 'error' ? 'failed' : 'warning', {
      found: `${name} is in state ${state}: ${message === '' ? 'no reason given' : message}`,
      wayOut: 'the log of the broker says more'
    })
  )
}

/** Is it the admin port of a broker of the cluster that --bootstrap names. */
export function judgeAdminIdentity({ admin, metadata }: Gathered): Finding[] {
  const cluster = metadata?.value
  const info = admin?.metrics.value?.after.scrape.get('streambus_broker_info')?.[0]?.labels
  if (!admin || !cluster || info === undefined) return []
  const where = formatAddress(admin.address)
  const wayOut = 'name the admin port of the same broker with --admin: everything told from metrics is about that one'
  if (cluster.clusterId !== null && info['cluster_id'] !== cluster.clusterId) {
    const found = `${where} belongs to cluster ${info['cluster_id']}, --bootstrap leads to cluster ${cluster.clusterId}`
    return [failed('admin port', found, wayOut)]
  }
  if (cluster.brokers.some(({ id }) => String(id) === info['broker_id'])) return []
  return [failed('admin port', `${where} belongs to broker ${info['broker_id']}, which is not in the metadata`, wayOut)]
}

/** What an error says before its way out, which stands in a field of its own, with the place once. */
function about(where: string, { message }: Error): string {
  const text = message.split('; ')[0] ?? message
  return text.includes(where) ? text : `${where}: ${text}`
}
