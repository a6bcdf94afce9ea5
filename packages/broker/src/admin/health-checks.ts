import type { BrokerView } from '../observability/broker-view.ts'
import type { CheckResult, HealthCheck } from './health.ts'

const OK: CheckResult = { state: 'ok', message: '' }

/** Free space below which no write can work, whatever the settings keep free. */
const FREE_BYTES_MIN = 64 * 1024
/** How many partitions a message names. */
const OFFLINE_NAMED = 5

/**
 * The guide's three checks. It points a liveness probe at them, so they fail only for what this broker itself
 * cannot do: a lost quorum is `degraded`, or Kubernetes would restart every broker and none would find a quorum.
 */
export function brokerChecks(view: BrokerView): readonly HealthCheck[] {
  return [
    { name: 'broker', run: () => checkBroker(view) },
    { name: 'storage', run: () => checkStorage(view) },
    { name: 'cluster', run: () => checkCluster(view) }
  ]
}

function checkBroker(view: BrokerView): CheckResult {
  const status = view.status()
  return status === 'running' ? OK : { state: 'failing', message: `broker is ${status}` }
}

function checkStorage(view: BrokerView): CheckResult {
  const warnings = offlineWarning(view)
  const directories = view.logDirectories()
  const isServing = directories.some(({ error }) => error === null)
  for (const { path, space, error, refusal, warning } of directories) {
    if (error !== null) {
      const message = error.includes(path) ? error : `${path}: ${error}`
      // What is in the others is served.
      if (!isServing) return { state: 'failing', message }
      warnings.push(message)
      continue
    }
    if (refusal !== null) return { state: 'failing', message: refusal }
    if (space === null) {
      warnings.push(`${path}: free space is unknown`)
    } else if (space.availableBytes < Math.min(FREE_BYTES_MIN, space.totalBytes / 100)) {
      return { state: 'failing', message: `${path}: the disk is full, writes are refused` }
    }
    if (warning !== null) warnings.push(warning)
  }
  return warnings.length === 0 ? OK : { state: 'degraded', message: warnings.join('; ') }
}

/** Not failing: the other partitions are served, and a restart by whoever watches this would not mend the log. */
function offlineWarning(view: BrokerView): string[] {
  const offline = view.offlinePartitions()
  if (offline.length === 0) return []
  const count = offline.length === 1 ? '1 partition is' : `${offline.length} partitions are`
  const names = offline.slice(0, OFFLINE_NAMED).map(({ topic, index }) => `${topic}-${index}`)
  if (offline.length > OFFLINE_NAMED) names.push('…')
  return [`${count} offline: ${names.join(', ')}. The broker's log says why`]
}

function checkCluster(view: BrokerView): CheckResult {
  const { controllerId, brokers } = view.cluster()
  if (controllerId === -1) return { state: 'degraded', message: 'no controller is known' }
  if (brokers.some(({ id, isFenced }) => id === view.brokerId && !isFenced)) return OK
  return { state: 'degraded', message: `broker ${view.brokerId} is not registered as active` }
}
