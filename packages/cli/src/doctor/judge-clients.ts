import { formatCount } from '../output/format.ts'
import { gauge, type Moment } from '../top/rates.ts'
import { softwareOf } from './client-software.ts'
import { type Finding, listed, ok, warning, withoutMetrics } from './finding.ts'
import type { Gathered } from './gathered.ts'
import { problemsOf, type Sign } from './known-clients.ts'

const CHECK = 'clients'
/** The last version of ApiVersions whose client does not say what it is. */
const NAMELESS_VERSION_MAX = 2
/** What KafkaJS reads only with a codec that the application registers. */
const NEEDS_CODEC: ReadonlySet<string> = new Set(['snappy', 'lz4', 'zstd'])

/** What the clients at the broker are, what is known of their versions, and whom the broker could not understand. */
export function judgeClients({ admin }: Gathered): Finding[] {
  const now = admin?.metrics.value?.after
  if (!now) return [withoutMetrics(CHECK)]
  const connected = (now.scrape.get('streambus_client_software_connections') ?? [])
    .filter(({ labels, value }) => value > 0 && labels['name'] !== '')
    .map(({ labels, value }) => ({ name: labels['name'] ?? '', version: labels['version'] ?? '', connections: value }))
  const signs = signsOf(now)
  const found = [
    ...connected.flatMap(client => judgeSoftware(client, signs)),
    ...judgeNameless(now),
    ...judgeMisunderstood(now)
  ]
  if (found.length > 0) return found
  const names = connected.map(({ name, version, connections }) => `${name} ${version} (${connections})`)
  return [ok(CHECK, names.length === 0 ? 'none that says what it is' : `nothing is known against ${listed(names)}`)]
}

interface ConnectedClient {
  readonly name: string
  readonly version: string
  readonly connections: number
}

function judgeSoftware({ name, version, connections }: ConnectedClient, signs: ReadonlySet<Sign>): Finding[] {
  const software = softwareOf(name, version)
  if (software === null) return []
  const who = `${name} ${version} (${formatCount(connections)} connections)`
  return problemsOf(software, signs).map(({ problem, fixedIn, source }) =>
    warning(CHECK, `${who}: ${problem} (${source})`, `upgrade ${software.library} to ${fixedIn}`)
  )
}

function signsOf(now: Moment): ReadonlySet<Sign> {
  const signs = new Set<Sign>()
  if (requests(now, 'InitProducerId') > 0) signs.add('idempotence')
  if (requests(now, 'ConsumerGroupHeartbeat') > 0) signs.add('consumer-protocol')
  if (refused(now, 'unsupported_version') > 0) signs.add('unsupported-version')
  return signs
}

/** Old clients and KafkaJS do not say what they are; what goes wrong with KafkaJS shows elsewhere. */
function judgeNameless(now: Moment): Finding[] {
  const nameless = requests(now, 'ApiVersions', version => version <= NAMELESS_VERSION_MAX)
  if (nameless === 0) return []
  const found: Finding[] = []
  const codecs = (now.scrape.get('streambus_produce_batches_total') ?? [])
    .filter(({ labels, value }) => value > 0 && NEEDS_CODEC.has(labels['codec'] ?? ''))
    .map(({ labels }) => labels['codec'] ?? '')
  if (codecs.length > 0) {
    const what = `some do not say what they are, as KafkaJS does not; there are batches in ${codecs.join(', ')}, which KafkaJS cannot read by itself (tulios/kafkajs#1475)`
    found.push(warning(CHECK, what, 'register the codecs where KafkaJS is used, or set compression.type=gzip'))
  }
  const outOfOrder = gauge(now, 'streambus_producer_out_of_order_total') ?? 0
  if (outOfOrder > 0) {
    const what = `${formatCount(outOfOrder)} batches came out of order, and some clients do not say what they are: idempotent producers of KafkaJS before 2.0.0 do so when they send concurrently (tulios/kafkajs#598)`
    found.push(warning(CHECK, what, 'upgrade KafkaJS to 2.0.0 or later'))
  }
  return found
}

const MISUNDERSTOOD: Readonly<Record<string, readonly [found: string, wayOut: string]>> = {
  malformed: ['could not be read', 'find who connects: TLS, HTTP or a scanner on the Kafka port looks like this'],
  unknown_api: ['ask for an API that is not served', 'KNOWN-GAPS.md lists what is not; the log names the client'],
  unsupported_version: [
    'speak a version that is not served',
    'upgrade clients from before Kafka 2.1; the log names them'
  ]
}

/** Counters since the start. */
function judgeMisunderstood(now: Moment): Finding[] {
  const found = Object.entries(MISUNDERSTOOD).flatMap(([reason, [what, wayOut]]) => {
    const count = refused(now, reason)
    return count === 0 ? [] : [warning(CHECK, `${formatCount(count)} requests since the start ${what}`, wayOut)]
  })
  const tooLong = gauge(now, 'streambus_connections_closed_total', ({ reason }) => reason === 'frame_size') ?? 0
  if (tooLong === 0) return found
  const what = `${formatCount(tooLong)} connections since the start were closed for the length of their first bytes`
  return [
    ...found,
    warning(CHECK, what, 'find who connects with TLS or HTTP, or sends more than socket.request.max.bytes')
  ]
}

function requests(now: Moment, api: string, isMeant: (version: number) => boolean = () => true): number {
  const matching = (labels: Readonly<Record<string, string>>): boolean =>
    labels['api'] === api && isMeant(Number(labels['version']))
  return gauge(now, 'streambus_request_versions_total', matching) ?? 0
}

function refused(now: Moment, reason: string): number {
  return gauge(now, 'streambus_request_parse_errors_total', labels => labels['reason'] === reason) ?? 0
}
