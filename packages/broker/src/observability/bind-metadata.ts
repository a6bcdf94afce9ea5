import type { BrokerMetrics, Histogram } from '@streambus/metrics'
import type { LogProbe } from '@streambus/storage-log'
import type { ControllerEvent, ControllerProbe } from '../controller/controller-probe.ts'
import type { BrokerView } from './broker-view.ts'

/** The quorum of the metadata; there is no other. */
const GROUP = 'metadata'
const STATES = ['leader', 'follower', 'candidate', 'observer', 'unattached'] as const

const EVENTS: readonly ControllerEvent[] = [
  'register',
  'assign_directories',
  'create_topics',
  'delete_topic',
  'create_partitions',
  'alter_configs',
  'allocate_producer_ids'
]

/** Connects the controller to the metrics, and shows before each scrape how far the metadata has come. */
export function bindMetadata(metrics: BrokerMetrics, view: Pick<BrokerView, 'cluster' | 'quorum'>): ControllerProbe {
  const { cells } = metrics
  const [commit, apply] = [cells.raftCommit.child(GROUP), cells.raftApply.child(GROUP)]
  const proposals = {
    committed: cells.raftProposals.child(GROUP, 'committed'),
    failed: cells.raftProposals.child(GROUP, 'failed')
  }
  metrics.beforeRender(() => showQuorum(metrics, view))
  const events = Object.fromEntries(
    EVENTS.map(event => [
      event,
      { queue: cells.controllerEventQueue.child(event), processing: cells.controllerEventProcessing.child(event) }
    ])
  ) as Record<ControllerEvent, { readonly queue: Histogram; readonly processing: Histogram }>
  return {
    queued: () => cells.controllerQueueSize.add(1),
    began(event, queuedMs) {
      cells.controllerQueueSize.add(-1)
      events[event].queue.observe(queuedMs / 1000)
    },
    ended: (event, durationMs) => events[event].processing.observe(durationMs / 1000),
    committed(durationMs) {
      commit.observe(durationMs / 1000)
      proposals.committed.add(1)
    },
    applied: durationMs => apply.observe(durationMs / 1000),
    failed() {
      cells.metadataErrors.add(1)
      proposals.failed.add(1)
    }
  }
}

/** The log of the metadata is a log like others, and more. */
export function bindMetadataLog({ cells }: BrokerMetrics, probe: LogProbe): LogProbe {
  const [append, fsync] = [cells.raftAppend.child(GROUP), cells.raftFsync.child(GROUP)]
  return {
    ...probe,
    appended(records, bytes, durationMs) {
      probe.appended(records, bytes, durationMs)
      append.observe(durationMs / 1000)
    },
    flushed(durationMs, trigger) {
      probe.flushed(durationMs, trigger)
      fsync.observe(durationMs / 1000)
    }
  }
}

function showQuorum({ cells }: BrokerMetrics, view: Pick<BrokerView, 'cluster' | 'quorum'>): void {
  const { brokers, controllerId, commitIndex } = view.cluster()
  const { state, voters, votersReachable, lastIndex, appliedIndex, entries, sizeBytes, pending, lagMs } = view.quorum()
  const fenced = brokers.filter(({ isFenced }) => isFenced).length
  cells.brokers.child('active').set(brokers.length - fenced)
  cells.brokers.child('fenced').set(fenced)
  cells.metadataOffset.set(appliedIndex)
  cells.metadataLagRecords.set(Math.max(0, commitIndex - appliedIndex))
  cells.metadataLagSeconds.set(lagMs / 1000)
  for (const each of STATES) cells.raftState.child(GROUP, each).set(each === state ? 1 : 0)
  cells.raftLeaderId.child(GROUP).set(controllerId)
  cells.raftVoters.child(GROUP).set(voters)
  cells.raftVotersReachable.child(GROUP).set(votersReachable)
  cells.raftLastIndex.child(GROUP).set(lastIndex)
  cells.raftAppliedIndex.child(GROUP).set(appliedIndex)
  cells.raftUncommitted.child(GROUP).set(Math.max(0, lastIndex - commitIndex))
  cells.raftUnapplied.child(GROUP).set(Math.max(0, commitIndex - appliedIndex))
  cells.raftLogEntries.child(GROUP).set(entries)
  cells.raftLogSize.child(GROUP).set(sizeBytes)
  cells.raftProposalsPending.child(GROUP).set(pending)
}
