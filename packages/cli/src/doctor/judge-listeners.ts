import { type Address, formatAddress } from '@streambus/wire-client'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'
import type { BrokerFacts, Gathered } from './gathered.ts'
import { hostsOf, isLoopback, isWildcard } from './hosts.ts'
import { troubleOf } from './judge-ports.ts'

const CHECK = 'advertised'
const SET = 'set advertised.listeners to a name or address of that broker that its clients reach'

/** Can clients use the addresses that the brokers tell them, as seen from here. */
export function judgeAdvertised({ brokers, bootstrap, metadata }: Gathered): Finding[] {
  if (metadata === null) return [skipped(CHECK, 'no broker answers')]
  if (metadata.error !== null) {
    return [failed(CHECK, `the metadata cannot be read: ${metadata.error.message}`, 'look into the log of the broker')]
  }
  if (brokers.length === 0) return [failed(CHECK, 'the metadata names no brokers', 'look into the log of the broker')]
  const isRemote = bootstrap.some(({ address, answered }) => answered.error === null && !isLoopback(address.host))
  return brokers.map(broker => judgeBroker(broker, { brokers, isRemote, clusterId: metadata.value.clusterId }))
}

interface Cluster {
  readonly brokers: readonly BrokerFacts[]
  readonly clusterId: string | null
  /** Whether the bootstrap address is one that other machines could use. */
  readonly isRemote: boolean
}

function judgeBroker(broker: BrokerFacts, cluster: Cluster): Finding {
  const { id, address, answered } = broker
  const says = `broker ${id} advertises ${formatAddress(address)}`
  if (isWildcard(address.host)) return failed(CHECK, `${says}, which names no machine`, SET)
  const twin = cluster.brokers.find(other => other.id !== id && isSame(other.address, address))
  if (twin !== undefined) return failed(CHECK, `${says}, and so does broker ${twin.id}`, `${SET}, each one of its own`)
  if (isLoopback(address.host) && cluster.isRemote) {
    return failed(CHECK, `${says}: clients on other machines would connect to themselves`, SET)
  }
  if (answered.error !== null) {
    const { found } = troubleOf(answered.error, broker)
    return failed(CHECK, `${says}, which ${found}`, `${SET}; clients can bootstrap and nothing else`)
  }
  return stranger(broker, cluster, says) ?? loopback(broker, says) ?? ok(CHECK, `${says}, reachable from here`)
}

/** Null: it is this broker who answers there, as far as it can be told. */
function stranger({ id, identity, settings }: BrokerFacts, { clusterId }: Cluster, says: string): Finding | null {
  const found = identity?.value
  if (found && clusterId !== null && found.clusterId !== null && found.clusterId !== clusterId) {
    return failed(CHECK, `${says}, where a broker of another cluster (${found.clusterId}) answers`, SET)
  }
  if (found && !found.ids.includes(id))
    return failed(CHECK, `${says}, where a broker answers that does not know it`, SET)
  // Only a broker itself describes its settings.
  const refusal = settings?.error?.message ?? ''
  if (!refusal.includes('INVALID_REQUEST')) return null
  return failed(CHECK, `${says}, where another broker answers: ${refusal}`, SET)
}

/** Others could connect to a broker that tells them to connect to themselves. */
function loopback({ address, settings }: BrokerFacts, says: string): Finding | null {
  if (!isLoopback(address.host)) return null
  const hosts = hostsOf(settings?.value?.get('listeners') ?? '')
  if (hosts.every(host => isLoopback(host))) return null
  const found = `${says} although it listens on ${hosts.map(host => host || 'every interface').join(', ')}`
  return warning(CHECK, `${found}: clients on other machines would connect to themselves`, SET)
}

function isSame(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port
}
