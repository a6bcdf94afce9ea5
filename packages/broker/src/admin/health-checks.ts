import type { Clock } from '@streambus/base'
import type { BrokerView, LogDirectoryView } from '../observability/broker-view.ts'
import type { DiskProbe } from './disk-probe.ts'
import { type CheckResult, type HealthCheck, worse } from './health.ts'

const OK: CheckResult = { state: 'ok', message: '' }

/** Free space below which no write can work, whatever the settings keep free. */
const FREE_BYTES_MIN = 64 * 1024
/** How many partitions a message names. */
const OFFLINE_NAMED = 5
/** A test write that takes longer is told; whether that is too long, the disk watch decides. */
const SLOW_WRITE_MS = 1_000
/** Shares of a limit from which on people should know. */
const CONNECTIONS_WARN = 0.9
const HEAP_WARN = 0.9

export interface HealthSources {
  readonly view: BrokerView
  readonly clock: Clock
  readonly disk: Pick<DiskProbe, 'probe' | 'runningMs'>
  /** Bytes of the heap in use, and those at which the process ends. */
  readonly heap: () => { readonly usedBytes: number; readonly limitBytes: number }
  /** Logs that compaction has given up. */
  readonly uncleanablePartitions: () => number
}

/**
 * The monitoring guide points a liveness probe at these. So they are in error only for what this broker itself cannot
 * do: a lost quorum is `degraded`, or Kubernetes would restart every broker and none would find a quorum.
 */
export function brokerChecks(sources: HealthSources): readonly HealthCheck[] {
  const { view } = sources
  return [
    { name: 'broker', partOf: 'broker', run: () => checkBroker(view) },
    { name: 'storage', partOf: 'storage', run: () => checkStorage(sources) },
    { name: 'cluster', partOf: 'cluster', run: () => checkCluster(view) },
    { name: 'network', partOf: 'broker', run: () => checkNetwork(view) },
    { name: 'coordinator', partOf: 'broker', run: () => checkCoordinator(view) },
    { name: 'compaction', partOf: 'storage', run: () => checkCompaction(sources.uncleanablePartitions()) },
    { name: 'memory', partOf: 'broker', run: () => checkMemory(sources.heap()) }
  ]
}

function checkBroker(view: BrokerView): CheckResult {
  const status = view.status()
  return status === 'running' ? OK : { state: 'error', message: `broker is ${status}` }
}

/** `lost`: this directory cannot be used; the others may serve what is in them. */
type DirectoryState = CheckResult['state'] | 'lost'

async function checkStorage(sources: HealthSources): Promise<CheckResult> {
  const { view } = sources
  const found = await Promise.all(view.logDirectories().map(directory => checkDirectory(directory, sources)))
  const isServing = found.some(({ state }) => state !== 'lost')
  const problems: CheckResult[] = found
    .filter(({ state }) => state !== 'ok')
    .map(({ state, message }) => ({ state: state === 'lost' ? (isServing ? 'degraded' : 'error') : state, message }))
  // Of errors the first one says enough.
  const error = problems.find(({ state }) => state === 'error')
  return error ?? joined([...offlinePartitions(view), ...problems])
}

async function checkDirectory(
  directory: LogDirectoryView,
  sources: HealthSources
): Promise<{ readonly state: DirectoryState; readonly message: string }> {
  const { path, space, error, refusal, warning, isStalled } = directory
  if (error !== null) return { state: 'lost', message: error.includes(path) ? error : `${path}: ${error}` }
  if (refusal !== null) return { state: 'error', message: refusal }
  if (space !== null && space.availableBytes < Math.min(FREE_BYTES_MIN, space.totalBytes / 100)) {
    return { state: 'error', message: `${path}: the disk is full, writes are refused` }
  }
  // The warning is about that; another write would block the event loop.
  if (isStalled) return warn(warning ?? `${path}: a sync takes very long`)
  const written = await testWrite(path, sources)
  if (written.state !== 'ok') return written
  if (warning !== null) return warn(warning)
  return space === null ? warn(`${path}: free space is unknown`) : OK
}

/** Does not wait for a device that is silent. */
async function testWrite(
  path: string,
  { disk, clock }: HealthSources
): Promise<{ readonly state: 'ok' | 'warning' | 'lost'; readonly message: string }> {
  const slow = Promise.withResolvers<'slow'>()
  const timer = clock.after(SLOW_WRITE_MS, () => slow.resolve('slow'))
  const ended = await Promise.race([disk.probe(path), slow.promise])
  timer.cancel()
  if (ended === null) return { state: 'ok', message: '' }
  if (ended !== 'slow') return { state: 'lost', message: `${path}: a test write failed: ${ended.message}` }
  const seconds = (disk.runningMs(path, clock.monotonicMs()) / 1000).toFixed(1)
  return { state: 'warning', message: `${path}: a test write has been under way for ${seconds} s` }
}

/** No error: the other partitions are served, and a restart by whoever watches this would not mend the log. */
function offlinePartitions(view: BrokerView): CheckResult[] {
  const offline = view.offlinePartitions()
  if (offline.length === 0) return []
  const count = offline.length === 1 ? '1 partition is' : `${offline.length} partitions are`
  const names = offline.slice(0, OFFLINE_NAMED).map(({ topic, index }) => `${topic}-${index}`)
  if (offline.length > OFFLINE_NAMED) names.push('…')
  return [{ state: 'degraded', message: `${count} offline: ${names.join(', ')}. The broker's log says why` }]
}

function checkCluster(view: BrokerView): CheckResult {
  const { controllerId, brokers } = view.cluster()
  if (controllerId === -1) return { state: 'degraded', message: 'no controller is known' }
  if (brokers.some(({ id, isFenced }) => id === view.brokerId && !isFenced)) return OK
  return { state: 'degraded', message: `broker ${view.brokerId} is not registered as active` }
}

function checkNetwork(view: BrokerView): CheckResult {
  const listeners = view.listeners()
  if (listeners.length === 0) return { state: 'error', message: 'no listener is open' }
  const problems = listeners.map(({ name, isListening, connections, connectionsMax }): CheckResult => {
    if (!isListening) return { state: 'error', message: `listener ${name} is closed` }
    const message = `listener ${name} has ${connections} of at most ${connectionsMax} connections`
    if (connections >= connectionsMax) return { state: 'degraded', message: `${message}: further ones are refused` }
    return connections >= connectionsMax * CONNECTIONS_WARN ? warn(message) : OK
  })
  return joined(problems.filter(({ state }) => state !== 'ok'))
}

function checkCoordinator(view: BrokerView): CheckResult {
  const { shards, loading, failed } = view.coordinator()
  const problems: CheckResult[] = []
  const of = (count: number, what: string): string => `${count} of ${shards} partitions of group state ${what}`
  if (failed > 0) problems.push({ state: 'degraded', message: of(failed, 'cannot be read; the broker log says why') })
  if (loading > 0) problems.push({ state: 'degraded', message: of(loading, 'are being loaded') })
  return joined(problems)
}

function checkCompaction(uncleanable: number): CheckResult {
  if (uncleanable === 0) return OK
  return warn(`${uncleanable} logs are not compacted before the next start; the broker's log says why`)
}

function checkMemory({ usedBytes, limitBytes }: ReturnType<HealthSources['heap']>): CheckResult {
  if (usedBytes < limitBytes * HEAP_WARN) return OK
  const mib = (bytes: number): number => Math.round(bytes / 2 ** 20)
  return warn(`${mib(usedBytes)} of ${mib(limitBytes)} MiB of heap are in use; at the limit the process ends`)
}

function warn(message: string): CheckResult {
  return { state: 'warning', message }
}

function joined(problems: readonly CheckResult[]): CheckResult {
  const state = problems.reduce<CheckResult['state']>((worst, problem) => worse(worst, problem.state), 'ok')
  return { state, message: problems.map(({ message }) => message).join('; ') }
}
