import type { BufferPool, Clock } from '@streambus/base'
import { type BrokerMetrics, SeriesBudget } from '@streambus/metrics'
import type { OpenFiles } from '@streambus/storage-log'
import type { ConfigValues } from './config/schema.ts'
import type { ControllerProbe } from './controller/controller-probe.ts'
import { INTERNAL_TOPICS } from './controller/topic-names.ts'
import type { LiveView } from './live-view.ts'
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
import { TopicSlots } from './observability/topic-slots.ts'
import type { PartitionProbe } from './partition/partition-probe.ts'
import type { WaitProbe } from './partition/wait-probe.ts'

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
}

/** Connects to the metrics what can be looked at before a scrape, and what is there as long as the broker. */
export function connectInstruments(options: InstrumentOptions): Instruments {
  const { metrics, view, clock, settings, listeners, pools, openFiles } = options
  const budget = new SeriesBudget(metrics, () => settings()['metrics.series.max'])
  const slots = new TopicSlots(
    () => settings()['metrics.topics.max'],
    name => INTERNAL_TOPICS.has(name)
  )
  bindState(metrics, view, clock)
  bindLag(metrics, { view, clock, budget, groupsMax: () => settings()['metrics.groups.max'] })
  bindTopics(metrics, { view, clock, budget, slots })
  bindReplicas(metrics, view)
  bindLogState(metrics, { logs: () => view.logs(), openFiles: () => openFiles.count }, clock)
  bindLimits(metrics, { settings, pools: [pools.input, pools.output] })
  bindSockets(metrics, { listeners, inputBytes: () => pools.input.takenBytes })
  return {
    waits: bindWaits(metrics),
    partitions: bindPartitions(metrics, slots),
    controller: bindMetadata(metrics, view)
  }
}
