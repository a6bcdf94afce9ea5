import type { BufferPool, Clock } from '@streambus/base'
import { type BrokerMetrics, SeriesBudget } from '@streambus/metrics'
import { type LogProbe, type OpenFiles, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { patternOfSetting } from './config/name-pattern.ts'
import type { ConfigValues } from './config/schema.ts'
import { type ControllerProbe, SILENT_CONTROLLER_PROBE } from './controller/controller-probe.ts'
import { INTERNAL_TOPICS } from './controller/topic-names.ts'
import type { LiveView } from './live-view.ts'
import { type ConnectionProbe, SILENT_CONNECTION_PROBE } from './net/connection-probe.ts'
import { bindConnections } from './observability/bind-connections.ts'
import { bindLag } from './observability/bind-lag.ts'
import { bindLimits } from './observability/bind-limits.ts'
import { bindLogState } from './observability/bind-log-state.ts'
import { bindMetadata } from './observability/bind-metadata.ts'
import { bindPartitions } from './observability/bind-partitions.ts'
import { bindReplicas } from './observability/bind-replicas.ts'
import { bindSockets, type SocketSources } from './observability/bind-sockets.ts'
import { bindState } from './observability/bind-state.ts'
import { bindTopics } from './observability/bind-topics.ts'
import { bindWaits } from './observability/bind-waits.ts'
import type { Log } from './observability/log.ts'
import { TopicChoice } from './observability/topic-choice.ts'
import { TopicSlots } from './observability/topic-slots.ts'
import { type PartitionProbe, SILENT_PARTITION_PROBE } from './partition/partition-probe.ts'
import { SILENT_WAIT_PROBE, type WaitProbe } from './partition/wait-probe.ts'
import { RequestClock } from './pipeline/request-clock.ts'

export interface InstrumentOptions {
  readonly metrics: BrokerMetrics
  readonly view: LiveView
  readonly clock: Clock
  /** In force now. */
  readonly settings: () => ConfigValues
  readonly listeners: SocketSources['listeners']
  /** Of frames that arrive, and of answers to fetches. */
  readonly pools: { readonly input: BufferPool; readonly output: BufferPool }
  readonly openFiles: OpenFiles
}

/** What the parts of the broker report to. */
export interface Instruments {
  readonly waits: WaitProbe
  readonly partitions: PartitionProbe
  readonly controller: ControllerProbe
  readonly connections: (listener: string) => ConnectionProbe
  /** What a log reports to, given the one that also writes lines for the operator. */
  readonly logs: (probe: LogProbe) => LogProbe
  readonly requestClock: RequestClock
}

/**
 * While metrics are off. What happens seldom reports as ever, because it is logged, too; its cells stay at zero. What
 * happens with each request or batch is not reported at all, and is not timed.
 */
const SILENT_INSTRUMENTS: Omit<Instruments, 'requestClock'> = {
  waits: SILENT_WAIT_PROBE,
  partitions: SILENT_PARTITION_PROBE,
  controller: SILENT_CONTROLLER_PROBE,
  connections: () => SILENT_CONNECTION_PROBE,
  logs(probe) {
    const { appended, flushed, readBytes } = SILENT_LOG_PROBE
    return { ...probe, appended, flushed, readBytes }
  }
}

/** Connects to the metrics what can be looked at before a scrape, and what is there as long as the broker. */
export function connectInstruments(options: InstrumentOptions): Instruments {
  const { metrics, view, clock, settings, listeners, pools, openFiles } = options
  const requestClock = new RequestClock(clock, metrics.isEnabled)
  if (!metrics.isEnabled) return { ...SILENT_INSTRUMENTS, requestClock }
  const budget = new SeriesBudget(metrics, () => settings()['metrics.series.max'])
  const choice = new TopicChoice(
    () => ({ include: settings()['metrics.topics.include'], exclude: settings()['metrics.topics.exclude'] }),
    patternOfSetting
  )
  const slots = new TopicSlots(
    () => settings()['metrics.topics.max'],
    name => INTERNAL_TOPICS.has(name),
    choice
  )
  bindState(metrics, view, clock)
  bindLag(metrics, { view, clock, budget, groupsMax: () => settings()['metrics.groups.max'] })
  bindTopics(metrics, { view, clock, budget, slots })
  bindReplicas(metrics, view)
  bindLogState(metrics, { logs: () => view.logs(), openFiles: () => openFiles.count }, clock)
  bindLimits(metrics, { settings, pools: [pools.input, pools.output] })
  bindSockets(metrics, { listeners, inputBytes: () => pools.input.takenBytes })
  return {
    waits: bindWaits(metrics, () => view.waitCounts()),
    partitions: bindPartitions(metrics, slots),
    controller: bindMetadata(metrics, view),
    connections: name => bindConnections(metrics, name),
    logs: probe => probe,
    requestClock
  }
}

export function warnOfNoMetrics(log: Log): void {
  const message = 'metrics.enabled is false: nothing is measured, /metrics is not served, slow requests are not logged'
  log.warn(message, { event: 'metrics_off' })
}
