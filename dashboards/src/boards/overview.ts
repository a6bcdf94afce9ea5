import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import { countRate, gauge, max, min, nonZero, ofPrometheus, promql, quantile, rate, sum, topk, total } from '../expr.ts'
import { section } from '../layout.ts'
import { to } from '../links.ts'
import { bars, gaugePanel, stat, table, timeseries } from '../panels.ts'
import { mapping } from '../thresholds.ts'
import { budgetLeft } from './service-levels.ts'
import {
  connectionShare,
  cpuShare,
  diskShare,
  failedShare,
  loopUtilisation,
  memoryShare,
  topicBytes,
  worst
} from './shared.ts'

export const STATUS = mapping({
  0: ['stopped', 'red'],
  1: ['starting', 'yellow'],
  2: ['running', 'green'],
  3: ['stopping', 'orange']
})

/** The seven panels that the monitoring guide names, by their titles. */
const guide = [
  timeseries('Message Throughput', {
    says: 'Records per second, over all chosen brokers.',
    queries: [
      { expr: sum(rate(m.messagesProduced)), legend: 'produced' },
      { expr: sum(rate(m.messagesConsumed)), legend: 'consumed' }
    ],
    unit: 'mps',
    height: 7,
    links: to('streambus-topics')
  }),
  timeseries('Byte Throughput', {
    says: 'Bytes of record batches per second, over all chosen brokers.',
    queries: [
      { expr: sum(rate(m.bytesProduced)), legend: 'produced' },
      { expr: sum(rate(m.bytesConsumed)), legend: 'consumed' }
    ],
    height: 7,
    links: to('streambus-topics')
  }),
  timeseries('Storage', {
    says: 'Used and available space of all log directories, one above the other.',
    queries: [
      { expr: sum(gauge(m.storageUsed)), legend: 'used' },
      { expr: sum(gauge(m.storageAvailable)), legend: 'available' }
    ],
    stack: true,
    height: 7,
    links: to('streambus-storage')
  }),
  gaugePanel('P99 Produce Latency', {
    says: 'One request in a hundred takes longer. The alert HighProduceLatency begins at 100 ms.',
    queries: [{ expr: quantile(0.99, m.produceLatency) }],
    limits: { warn: 0.05, bad: 0.1 },
    max: 0.25,
    noValue: 'idle',
    links: to('streambus-performance')
  }),
  gaugePanel('P99 Consume Latency', {
    says: 'One fetch in a hundred takes longer, waiting for data left out.',
    queries: [{ expr: quantile(0.99, m.consumeLatency) }],
    limits: { warn: 0.05, bad: 0.1 },
    max: 0.25,
    noValue: 'idle',
    links: to('streambus-performance')
  }),
  stat('Broker Status', {
    says: 'What each broker does at present.',
    queries: [{ expr: max(gauge(m.brokerStatus), ['instance']) }],
    unit: 'none',
    mappings: [STATUS],
    isFilled: true,
    limits: 'plain',
    width: 4,
    height: 5,
    noValue: 'no broker',
    links: to('streambus-cluster')
  }),
  timeseries('Broker Activity', {
    says: 'Connections, and requests that are being answered, waiting ones included.',
    queries: [
      { expr: sum(gauge(m.brokerConnections)), legend: 'connections' },
      { expr: sum(gauge(m.brokerActiveRequests)), legend: 'active requests' }
    ],
    width: 12,
    height: 5,
    links: to('streambus-performance')
  })
]

const goldenSignals = section('Golden signals: latency, traffic, errors, saturation', [
  timeseries('Latency', {
    says: 'Half of the requests are faster than p50, one in a hundred is slower than p99.',
    queries: [
      { expr: quantile(0.5, m.produceLatency), legend: 'produce p50' },
      { expr: quantile(0.99, m.produceLatency), legend: 'produce p99' },
      { expr: quantile(0.5, m.consumeLatency), legend: 'consume p50' },
      { expr: quantile(0.99, m.consumeLatency), legend: 'consume p99' }
    ],
    width: 6,
    links: to('streambus-performance')
  }),
  timeseries('Traffic', {
    says: 'Requests per second by what they ask for, the eight most frequent.',
    queries: [{ expr: nonZero(topk(8, sum(countRate(m.requestDuration), ['api']))) }],
    unit: 'reqps',
    width: 6,
    links: to('streambus-performance')
  }),
  timeseries('Errors', {
    says: 'Error codes in answers by whose fault they are, requests that failed, and broken connections.',
    queries: [
      { expr: sum(rate(m.requestErrors), ['class']), legend: 'codes {{class}}' },
      { expr: sum(rate(m.requestFailures)), legend: 'failed requests' },
      { expr: sum(rate(m.networkErrors)), legend: 'network' }
    ],
    unit: 'cps',
    width: 6,
    links: to('streambus-performance')
  }),
  timeseries('Saturation', {
    says: 'The fullest of the chosen brokers: at 100 % there is nothing left.',
    queries: [
      { expr: worst(loopUtilisation), legend: 'event loop' },
      { expr: worst(cpuShare), legend: 'processor' },
      { expr: worst(memoryShare), legend: 'memory' },
      { expr: worst(diskShare), legend: 'disk' },
      { expr: worst(connectionShare), legend: 'connections' }
    ],
    max: 1,
    width: 6,
    links: to('streambus-runtime')
  })
])

const ZERO_IS_GOOD = { bad: 1 } as const

const firing = ofPrometheus('count(ALERTS{alertstate="firing",alertname!="Watchdog"})')

/** Six on a line. */
const SIXTH = { unit: 'none', width: 4 } as const

const health = section('Health', [
  stat('Brokers Up', {
    says: 'Brokers that Prometheus reaches; a target of it that is down counts as none.',
    queries: [{ expr: ofPrometheus('sum(up{job=~"$job",instance=~"$instance"})') }],
    limits: { bad: 1, isFloor: true },
    noValue: 'no target',
    ...SIXTH
  }),
  stat('Brokers Missing', {
    says: 'Registered in the cluster, and not reached or not ready; right while all brokers are chosen.',
    queries: [{ expr: promql(total(m.clusterSize))`clamp_min(${total(m.clusterSize)} - ${sum(gauge(m.ready))}, 0)` }],
    limits: ZERO_IS_GOOD,
    links: to('streambus-cluster'),
    ...SIXTH
  }),
  stat('Active Controller', {
    says: 'One: anything else, and no topic can be created and no leader elected.',
    queries: [{ expr: total(m.activeController) }],
    limits: { bad: 1, isFloor: true },
    links: to('streambus-cluster'),
    ...SIXTH
  }),
  stat('Offline Partitions', {
    queries: [{ expr: total(m.offlinePartitions) }],
    limits: ZERO_IS_GOOD,
    links: to('streambus-storage'),
    ...SIXTH
  }),
  stat('Under-Replicated', {
    queries: [{ expr: total(m.underReplicated) }],
    limits: { warn: 1 },
    links: to('streambus-cluster'),
    ...SIXTH
  }),
  stat('Under Minimum ISR', {
    says: 'Producers with acks=all are refused there.',
    queries: [{ expr: total(m.underMinIsr) }],
    limits: ZERO_IS_GOOD,
    links: to('streambus-cluster'),
    ...SIXTH
  }),
  stat('Log Directories Offline', {
    queries: [{ expr: total(m.logDirectoryOffline) }],
    limits: ZERO_IS_GOOD,
    links: to('streambus-storage'),
    ...SIXTH
  }),
  stat('Producers Refused', {
    says: 'Reasons for which log directories take nothing at present.',
    queries: [{ expr: total(m.logDirectoryRefusing) }],
    limits: ZERO_IS_GOOD,
    links: to('streambus-storage'),
    ...SIXTH
  }),
  stat('Error Ratio', {
    says: 'Of the topics, partitions and groups that clients asked for, those that failed for the fault of the broker.',
    queries: [{ expr: failedShare }],
    ...SIXTH,
    unit: 'percentunit',
    limits: { warn: 0.01, bad: 0.05 },
    links: to('streambus-performance')
  }),
  stat('SLO Budget Left', {
    says: 'Of the errors that 30 days may have, of the service level with least. From alerts/streambus-recording.yml.',
    queries: [{ expr: min(budgetLeft) }],
    ...SIXTH,
    unit: 'percentunit',
    limits: { warn: 0.5, bad: 0.1, isFloor: true },
    noValue: 'none yet',
    links: to('streambus-slo')
  }),
  stat('Worst Lag', {
    says: 'Age of the oldest record that some group has not read.',
    queries: [{ expr: max(gauge(m.consumerGroupLagSeconds)) }],
    ...SIXTH,
    unit: 's',
    limits: { warn: 300, bad: 1800 },
    noValue: 'no group',
    links: to('streambus-consumers')
  }),
  stat('Firing Alerts', {
    says: 'Of all rules that this Prometheus evaluates, the watchdog left out.',
    queries: [{ expr: promql(firing)`${firing} or ${sum(gauge(m.brokerStatus))} * 0` }],
    limits: { warn: 1 },
    links: to('streambus-monitoring'),
    ...SIXTH
  })
])

const furthest = topk(10, sum(gauge(m.consumerGroupLag, { group: { not: '' } }), ['group']))
const age = sum(gauge(m.consumerGroupLagSeconds), ['group'])

const where = section('Where to look next', [
  bars('Busiest Topics', {
    says: 'Bytes per second in and out, the ten busiest.',
    queries: [{ expr: topk(10, topicBytes) }],
    dataLinks: to('streambus-topics', 'var-topic=${__field.labels.topic}'),
    limits: 'plain',
    links: to('streambus-topics')
  }),
  table('Groups Furthest Behind', {
    says: 'The ten groups with most records unread.',
    queries: [{ expr: furthest }, { expr: promql(age)`${age} and ${furthest}` }],
    unit: 'short',
    columns: { group: 'Group', 'Value #A': 'Records', 'Value #B': 'Age' },
    sortBy: 'Records',
    width: 8,
    overrides: [{ matcher: { id: 'byName', options: 'Age' }, properties: [{ id: 'unit', value: 's' }] }],
    dataLinks: to('streambus-consumers', 'var-group=${__data.fields.Group}'),
    noValue: 'no group',
    links: to('streambus-consumers')
  }),
  table('Brokers', {
    says: 'Who runs where, since when.',
    queries: [
      { expr: max(gauge(m.brokerInfo), ['instance', 'broker_id']) },
      { expr: max(gauge(m.buildInfo), ['instance', 'version']) },
      { expr: max(gauge(m.brokerUptime), ['instance']) },
      { expr: sum(gauge(m.leaderPartitions), ['instance']) }
    ],
    unit: 'short',
    columns: {
      instance: 'Broker',
      broker_id: 'Id',
      version: 'Version',
      'Value #C': 'Uptime',
      'Value #D': 'Leads'
    },
    width: 8,
    overrides: [{ matcher: { id: 'byName', options: 'Uptime' }, properties: [{ id: 'unit', value: 'dtdurations' }] }],
    links: to('streambus-cluster')
  })
])

export const overview: Board = {
  uid: 'streambus-overview',
  description: 'Is it well? Throughput, latency, storage and state on one screen; each panel leads to its details.',
  variables: [],
  sections: [section(null, guide), goldenSignals, health, where]
}
