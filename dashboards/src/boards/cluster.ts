import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import { type Expr, gauge, max, promql, quantile, rate, sum, total } from '../expr.ts'
import { collapsed, section } from '../layout.ts'
import { stat, stateTimeline, table, timeseries } from '../panels.ts'
import { mapping } from '../thresholds.ts'
import { STATUS } from './overview.ts'

const ROLES = ['unattached', 'observer', 'candidate', 'follower', 'leader'] as const
const ROLE_COLORS = ['red', 'purple', 'orange', 'blue', 'green'] as const
const ROLE = mapping(
  Object.fromEntries(ROLES.map((role, index) => [index + 1, [role, ROLE_COLORS[index] ?? 'text'] as const]))
)

/** The number of the one role whose series is 1. */
function roleNumber(): Expr<'instance'> {
  const like = max(gauge(m.raftState), ['instance'])
  const numbered = ROLES.map((state, index) => `${gauge(m.raftState, { state }).text} * ${index + 1}`)
  return { ...like, text: `max by (instance) (${numbered.join(' or ')})` }
}

const started = max(gauge(m.startTimestamp), ['instance'])

const now = section(null, [
  stat('Brokers', { queries: [{ expr: total(m.clusterSize) }], unit: 'none', limits: { bad: 1, isFloor: true } }),
  stat('Active Controllers', {
    says: 'Exactly one.',
    queries: [{ expr: sum(gauge(m.activeController)) }],
    unit: 'none',
    limits: { bad: 1, isFloor: true }
  }),
  stat('Term', { queries: [{ expr: max(gauge(m.raftTerm)) }], unit: 'none', limits: 'plain' }),
  stat('Under-Replicated', { queries: [{ expr: total(m.underReplicated) }], unit: 'none', limits: { warn: 1 } }),
  stat('Under Minimum', {
    says: 'Producers with acks=all are refused there.',
    queries: [{ expr: total(m.underMinIsr) }],
    unit: 'none',
    limits: { bad: 1 }
  }),
  stat('At Minimum', { queries: [{ expr: total(m.atMinIsr) }], unit: 'none', limits: { warn: 1 } }),
  stat('Offline Replicas', { queries: [{ expr: total(m.offlineReplicas) }], unit: 'none', limits: { bad: 1 } }),
  stat('Metadata Behind', {
    says: 'Records that the slowest broker has not applied.',
    queries: [{ expr: max(gauge(m.metadataLagRecords)) }],
    unit: 'none',
    limits: { warn: 100 }
  })
])

const brokers = section('Brokers', [
  stateTimeline('Status of Brokers', {
    queries: [{ expr: max(gauge(m.brokerStatus), ['instance']) }],
    unit: 'none',
    mappings: [STATUS],
    height: 5
  }),
  stateTimeline('Role in the Quorum', {
    says: 'One leader; the others follow. Candidates for long: no majority.',
    queries: [{ expr: roleNumber() }],
    unit: 'none',
    mappings: [ROLE],
    height: 5
  }),
  table('Brokers', {
    queries: [
      { expr: max(gauge(m.brokerInfo), ['instance', 'broker_id', 'rack', 'roles']) },
      { expr: max(gauge(m.buildInfo), ['instance', 'version', 'revision', 'node_version', 'environment']) },
      { expr: promql(started)`${started} * 1000` },
      { expr: max(gauge(m.ready), ['instance']) },
      { expr: sum(gauge(m.leaderPartitions), ['instance']) }
    ],
    unit: 'none',
    columns: {
      instance: 'Broker',
      broker_id: 'Id',
      roles: 'Roles',
      rack: 'Rack',
      version: 'Version',
      revision: 'Revision',
      node_version: 'Node',
      environment: 'Environment',
      'Value #C': 'Started',
      'Value #D': 'Ready',
      'Value #E': 'Leads'
    },
    overrides: [
      {
        matcher: { id: 'byName', options: 'Started' },
        // In milliseconds, as Grafana's dates are.
        properties: [{ id: 'unit', value: 'dateTimeAsIso' }]
      },
      {
        matcher: { id: 'byName', options: 'Ready' },
        properties: [{ id: 'mappings', value: [mapping({ 0: ['no', 'red'], 1: ['yes', 'green'] })] }]
      }
    ],
    width: 16,
    height: 7
  }),
  timeseries('Brokers by State', {
    queries: [{ expr: total(m.brokers, { by: ['state'] }) }],
    unit: 'none',
    stack: true,
    width: 8,
    height: 7
  }),
  timeseries('State of Each Broker', {
    says: '1 for the state that a broker is in; the last one before a gap is what it died in.',
    queries: [{ expr: max(gauge(m.brokerState), ['instance', 'state']) }],
    unit: 'none',
    max: 1,
    height: 6
  }),
  timeseries('Health Checks', {
    says: '1 ok, 0.5 degraded, 0 failing.',
    queries: [{ expr: sum(gauge(m.healthCheckStatus), ['instance', 'check']) }],
    unit: 'none',
    max: 1,
    height: 6
  }),
  timeseries('Readiness', {
    queries: [
      { expr: max(gauge(m.ready), ['instance']), legend: 'ready {{instance}}' },
      { expr: max(gauge(m.shutdownInProgress), ['instance']), legend: 'stopping {{instance}}' }
    ],
    unit: 'none',
    max: 1,
    height: 6
  })
])

const replication = section('Replication', [
  timeseries('In-Sync Replicas', {
    says: 'Shrinking without expanding again: a replica is too slow or gone.',
    queries: [
      { expr: sum(rate(m.isrShrinks)), legend: 'shrunk' },
      { expr: sum(rate(m.isrExpands)), legend: 'expanded' },
      { expr: sum(rate(m.isrUpdateFailures)), legend: 'not taken over' }
    ],
    unit: 'cps',
    width: 6
  }),
  timeseries('Leader Elections', {
    says: 'unclean: a leader was chosen that lacks acknowledged records.',
    queries: [{ expr: sum(rate(m.leaderElections), ['type']) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Replica Lag', {
    queries: [{ expr: max(gauge(m.replicaMaxLagMessages), ['peer']), legend: 'broker {{peer}}' }],
    width: 6
  }),
  timeseries('Replica Lag in Time', {
    queries: [{ expr: max(gauge(m.replicaMaxLagSeconds), ['peer']), legend: 'broker {{peer}}' }],
    width: 6
  }),
  timeseries('Replication Traffic', {
    queries: [
      { expr: sum(rate(m.replicationBytesIn)), legend: 'in' },
      { expr: sum(rate(m.replicationBytesOut)), legend: 'out' },
      { expr: sum(rate(m.reassignmentBytesIn)), legend: 'moving in' },
      { expr: sum(rate(m.reassignmentBytesOut)), legend: 'moving out' }
    ],
    width: 6
  }),
  timeseries('Replication Latency', {
    says: 'Append on the leader until a replica has it.',
    queries: [
      { expr: quantile(0.5, m.replicationLatency), legend: 'p50' },
      { expr: quantile(0.99, m.replicationLatency), legend: 'p99' }
    ],
    noValue: 'no replicas',
    width: 6
  }),
  timeseries('Failed Fetches of Replicas', {
    queries: [{ expr: sum(rate(m.replicaFetchFailures), ['peer', 'error']), legend: 'from broker {{peer}} {{error}}' }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Leaders by Broker', {
    queries: [
      { expr: sum(gauge(m.leaderPartitions), ['instance']) },
      { expr: sum(gauge(m.reassigningPartitions), ['instance']), legend: 'moving {{instance}}' }
    ],
    unit: 'none',
    width: 6
  }),
  timeseries('Without a Leader', {
    says: 'How long partitions were, until one was elected.',
    queries: [{ expr: quantile(0.99, m.leaderElectionDuration), legend: 'p99' }],
    noValue: 'none elected',
    width: 12,
    height: 6
  }),
  timeseries('Followers Cut Back', {
    says: 'To where they agree with their leader: after an unclean election these are acknowledged records.',
    queries: [{ expr: sum(rate(m.logTruncations), ['instance']), legend: 'cut {{instance}}' }],
    unit: 'cps',
    width: 12,
    height: 6
  })
])

const quorum = section('Quorum of the metadata', [
  timeseries('Indexes', {
    says: 'All lines together: nothing waits. Apart: written, committed or applied is behind.',
    queries: [
      { expr: max(gauge(m.raftLastIndex), ['instance']), legend: 'last {{instance}}' },
      { expr: max(gauge(m.raftCommitIndex), ['instance']), legend: 'committed {{instance}}' },
      { expr: max(gauge(m.raftAppliedIndex), ['instance']), legend: 'applied {{instance}}' }
    ],
    unit: 'none',
    min: 'auto',
    width: 6
  }),
  timeseries('Under Way', {
    queries: [
      { expr: max(gauge(m.raftUncommitted)), legend: 'not committed' },
      { expr: max(gauge(m.raftUnapplied)), legend: 'not applied' },
      { expr: max(gauge(m.raftProposalsPending)), legend: 'proposals' }
    ],
    unit: 'none',
    width: 6
  }),
  timeseries('P99 by Stage', {
    says: 'The four stages of a change of metadata.',
    queries: [
      { expr: quantile(0.99, m.raftAppend), legend: 'append' },
      { expr: quantile(0.99, m.raftFsync), legend: 'sync' },
      { expr: quantile(0.99, m.raftCommit), legend: 'commit' },
      { expr: quantile(0.99, m.raftApply), legend: 'apply' }
    ],
    noValue: 'no change',
    width: 6
  }),
  timeseries('Proposals', {
    queries: [
      { expr: sum(rate(m.raftProposals), ['result']) },
      { expr: sum(rate(m.metadataErrors)), legend: 'commands not carried out' }
    ],
    unit: 'cps',
    width: 6
  }),
  timeseries('Elections', {
    queries: [
      { expr: sum(rate(m.raftElections), ['result']), legend: 'stood, {{result}}' },
      { expr: sum(rate(m.raftLeaderChanges)), legend: 'leader changed' }
    ],
    unit: 'cps',
    width: 6
  }),
  timeseries('Voters', {
    queries: [
      { expr: max(gauge(m.raftVoters)), legend: 'voters' },
      { expr: max(gauge(m.raftVotersReachable)), legend: 'reachable' }
    ],
    unit: 'none',
    width: 6
  }),
  timeseries('Voters Behind', {
    queries: [{ expr: max(gauge(m.raftPeerLag), ['peer']), legend: 'broker {{peer}}' }],
    unit: 'none',
    width: 6
  }),
  timeseries('Last Heard Of', {
    queries: [{ expr: max(gauge(m.raftPeerContact), ['peer']), legend: 'broker {{peer}}' }],
    width: 6
  }),
  timeseries('Without a Leader of the Quorum', {
    queries: [{ expr: quantile(0.99, m.raftElectionDuration), legend: 'p99' }],
    noValue: 'no election',
    width: 6
  }),
  timeseries('Way to Voters and Back', {
    says: 'P99, by voter.',
    queries: [{ expr: quantile(0.99, m.raftPeerRoundTrip, { by: ['peer'] }), legend: 'broker {{peer}}' }],
    noValue: 'no voters',
    width: 6
  }),
  timeseries('Unanswered by Voters', {
    says: 'Requests of the leader.',
    queries: [{ expr: sum(rate(m.raftHeartbeatFailures), ['peer']), legend: 'broker {{peer}}' }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Messages of the Quorum', {
    queries: [{ expr: sum(rate(m.raftMessages), ['type', 'direction']), legend: '{{type}} {{direction}}' }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Snapshots', {
    says: 'Of the metadata: written, sent to a voter, loaded.',
    queries: [{ expr: sum(rate(m.raftSnapshots), ['op']) }],
    unit: 'cps',
    width: 8,
    height: 6
  }),
  timeseries('P99 of Snapshots', {
    queries: [{ expr: quantile(0.99, m.raftSnapshotDuration, { by: ['op'] }) }],
    noValue: 'none',
    width: 8,
    height: 6
  }),
  timeseries('Size of Snapshots', {
    queries: [{ expr: max(gauge(m.raftSnapshotSize), ['op']) }],
    width: 8,
    height: 6
  })
])

const controller = collapsed('Controller', [
  timeseries('Commands Waiting', {
    says: 'The controller carries out one at a time.',
    queries: [{ expr: sum(gauge(m.controllerQueueSize), ['instance']) }],
    unit: 'none',
    width: 6
  }),
  timeseries('P95 in the Queue', {
    queries: [{ expr: quantile(0.95, m.controllerEventQueue, { by: ['event'] }) }],
    noValue: 'no command',
    width: 6
  }),
  timeseries('P95 of Commands', {
    says: 'Decided, committed and applied.',
    queries: [{ expr: quantile(0.95, m.controllerEventProcessing, { by: ['event'] }) }],
    noValue: 'no command',
    width: 6
  }),
  timeseries('Pending Deletion', {
    says: 'Files of deleted topics that are not removed yet.',
    queries: [
      { expr: sum(gauge(m.topicsPendingDeletion)), legend: 'topics' },
      { expr: sum(gauge(m.replicasPendingDeletion)), legend: 'replicas' }
    ],
    unit: 'none',
    width: 6
  })
])

const details = collapsed('Details of the metadata', [
  timeseries('Leader as Each Broker Knows It', {
    queries: [{ expr: max(gauge(m.raftLeaderId), ['instance']) }],
    unit: 'none',
    min: 'auto',
    width: 6
  }),
  timeseries('Controller', {
    queries: [{ expr: max(gauge(m.activeController), ['instance']) }],
    unit: 'none',
    max: 1,
    width: 6
  }),
  timeseries('Applied Metadata', {
    queries: [{ expr: max(gauge(m.metadataOffset), ['instance']) }],
    unit: 'none',
    min: 'auto',
    width: 6
  }),
  timeseries('Metadata Behind in Time', {
    queries: [{ expr: max(gauge(m.metadataLagSeconds), ['instance']) }],
    width: 24,
    height: 5
  }),
  timeseries('Metadata Log', { queries: [{ expr: max(gauge(m.raftLogSize), ['instance']) }], width: 3 }),
  timeseries('Entries', { queries: [{ expr: max(gauge(m.raftLogEntries), ['instance']) }], unit: 'none', width: 3 }),
  timeseries('Preferred Leader Imbalance', {
    queries: [{ expr: max(gauge(m.preferredLeaderImbalance), ['instance']) }],
    unit: 'percentunit',
    max: 1,
    width: 6
  })
])

export const cluster: Board = {
  uid: 'streambus-cluster',
  description: 'Brokers, replicas and the quorum that keeps the metadata.',
  variables: [],
  sections: [now, brokers, replication, quorum, controller, details]
}
