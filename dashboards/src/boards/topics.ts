import { type Definition, catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import {
  avg,
  type Expr,
  gauge,
  inUnit,
  max,
  min,
  nonZero,
  promql,
  quantile,
  rate,
  ratio,
  stddev,
  sum,
  topk,
  total
} from '../expr.ts'
import { collapsed, section } from '../layout.ts'
import { bars, stat, table, timeseries } from '../panels.ts'
import { topic } from '../variables.ts'

const chosen = { topic: { re: '$topic' } } as const

type PerTopic = Definition<'counter', readonly ['topic']>

/** The twenty busiest: more lines than that nobody reads. */
function busiest(metric: PerTopic): Expr<'topic'> {
  return topk(20, sum(rate(metric, { where: chosen }), ['topic']))
}

const now = section(null, [
  stat('Topics', { queries: [{ expr: total(m.topics) }], unit: 'none', limits: 'plain', sparkline: true }),
  stat('Partitions', { queries: [{ expr: total(m.partitions) }], unit: 'none', limits: 'plain', sparkline: true }),
  stat('Replicas', { queries: [{ expr: total(m.replicas) }], unit: 'none', limits: 'plain', sparkline: true }),
  stat('Offline Partitions', { queries: [{ expr: total(m.offlinePartitions) }], unit: 'none', limits: { bad: 1 } }),
  stat('Stored', {
    says: 'Records per second written to any log here, internal topics and copies of other brokers included.',
    queries: [{ expr: sum(rate(m.messagesStored)) }],
    unit: 'mps',
    limits: 'plain',
    sparkline: true
  }),
  stat('Stored Bytes', { queries: [{ expr: sum(rate(m.bytesStored)) }], limits: 'plain', sparkline: true }),
  stat('Refused Batches', {
    says: 'Per second, for what is in them.',
    queries: [{ expr: sum(rate(m.invalidRecords)) }],
    unit: 'cps',
    limits: { warn: 0.001 },
    noValue: '0'
  }),
  stat('Read per Write', {
    says: 'Bytes read by consumers for each byte written: how many groups read everything.',
    queries: [{ expr: ratio(sum(rate(m.bytesConsumed)), sum(rate(m.bytesProduced)), 'none') }],
    decimals: 1,
    limits: 'plain',
    noValue: 'idle'
  })
])

const traffic = section('Traffic', [
  timeseries('Messages In', {
    queries: [{ expr: busiest(m.topicMessagesIn) }],
    unit: 'mps',
    legend: 'table',
    width: 6
  }),
  timeseries('Messages Out', {
    queries: [{ expr: busiest(m.topicMessagesOut) }],
    unit: 'mps',
    legend: 'table',
    width: 6
  }),
  timeseries('Bytes In', { queries: [{ expr: busiest(m.topicBytesIn) }], legend: 'table', width: 6 }),
  timeseries('Bytes Out', { queries: [{ expr: busiest(m.topicBytesOut) }], legend: 'table', width: 6 }),
  timeseries('Produce Requests', { queries: [{ expr: busiest(m.topicProduceRequests) }], unit: 'cps', width: 6 }),
  timeseries('Fetch Requests', { queries: [{ expr: busiest(m.topicFetchRequests) }], unit: 'cps', width: 6 }),
  timeseries('Mean Record Size', {
    says: 'As it is stored: compression makes it smaller.',
    queries: [
      {
        expr: inUnit(
          'bytes',
          ratio(
            sum(rate(m.topicBytesIn, { where: chosen }), ['topic']),
            sum(rate(m.topicMessagesIn, { where: chosen }), ['topic'])
          )
        )
      }
    ],
    width: 6
  }),
  timeseries('Errors', {
    says: 'Codes answered for partitions of a topic.',
    queries: [
      {
        expr: nonZero(
          topk(10, sum(rate(m.topicErrors, { where: chosen }), ['topic', 'api', 'error'])),
          rate(m.topicErrors)
        ),
        legend: '{{topic}} {{api}} {{error}}'
      }
    ],
    unit: 'cps',
    width: 6
  })
])

const lastAppend = max(gauge(m.topicLastAppend, chosen), ['topic'])

const size = section('Size', [
  timeseries('Size by Topic', {
    queries: [{ expr: topk(20, sum(gauge(m.topicSize, chosen), ['topic'])) }],
    stack: true,
    legend: 'table'
  }),
  timeseries('Skew of Partitions', {
    says: 'Standard deviation of the sizes of a topic’s partitions by their mean: 0 is even, above 1 some keys are too frequent.',
    queries: [
      {
        expr: topk(
          10,
          ratio(
            stddev(gauge(m.partitionSize, chosen), ['topic']),
            promql(
              avg(gauge(m.partitionSize, chosen), ['topic'])
            )`${avg(gauge(m.partitionSize, chosen), ['topic'])} > 0`,
            'none'
          )
        )
      }
    ],
    decimals: 2
  }),
  table('Topics', {
    says: 'Silence is the time since the last append, as far as this broker has been up.',
    queries: [
      { expr: max(gauge(m.topicPartitions, chosen), ['topic']) },
      { expr: max(gauge(m.topicReplicationFactor, chosen), ['topic']) },
      { expr: sum(gauge(m.topicSize, chosen), ['topic']) },
      { expr: inUnit('s', promql(lastAppend)`time() - (${lastAppend} > 0)`) }
    ],
    unit: 'short',
    columns: {
      topic: 'Topic',
      'Value #A': 'Partitions',
      'Value #B': 'Replicas',
      'Value #C': 'Size',
      'Value #D': 'Silence'
    },
    sortBy: 'Size',
    width: 8,
    overrides: [
      { matcher: { id: 'byName', options: 'Size' }, properties: [{ id: 'unit', value: 'bytes' }] },
      { matcher: { id: 'byName', options: 'Silence' }, properties: [{ id: 'unit', value: 's' }] }
    ]
  })
])

const perPartition = ['topic', 'partition'] as const

const partitions = collapsed('Partitions', [
  table('Partitions', {
    says: 'Those that have series of their own. Unreadable is what an open transaction holds back.',
    queries: [
      { expr: min(gauge(m.partitionStartOffset, chosen), perPartition) },
      { expr: max(gauge(m.partitionHighWatermark, chosen), perPartition) },
      { expr: max(gauge(m.partitionEndOffset, chosen), perPartition) },
      { expr: max(gauge(m.partitionLastStableOffset, chosen), perPartition) },
      { expr: max(gauge(m.partitionSize, chosen), perPartition) },
      { expr: max(gauge(m.partitionSegments, chosen), perPartition) },
      { expr: max(gauge(m.partitionLeaderEpoch, chosen), perPartition) },
      { expr: max(gauge(m.partitionInSync, chosen), perPartition) },
      { expr: max(gauge(m.partitionLsoLag, chosen), perPartition) }
    ],
    unit: 'none',
    columns: {
      topic: 'Topic',
      partition: 'Partition',
      'Value #A': 'Start',
      'Value #B': 'High watermark',
      'Value #C': 'End',
      'Value #D': 'Last stable',
      'Value #E': 'Size',
      'Value #F': 'Segments',
      'Value #G': 'Leader epoch',
      'Value #H': 'In sync',
      'Value #I': 'Unreadable'
    },
    sortBy: 'Size',
    width: 24,
    height: 10,
    overrides: [{ matcher: { id: 'byName', options: 'Size' }, properties: [{ id: 'unit', value: 'bytes' }] }]
  }),
  bars('Partitions Led, by Broker', {
    queries: [{ expr: sum(gauge(m.partitionIsLeader, chosen), ['instance']) }],
    unit: 'none',
    limits: 'plain'
  }),
  timeseries('Under-Replicated Partitions by Topic', {
    queries: [{ expr: sum(gauge(m.partitionUnderReplicated, chosen), ['topic']) }],
    unit: 'none'
  }),
  timeseries('Largest Partitions', {
    queries: [{ expr: topk(10, max(gauge(m.partitionSize, chosen), perPartition)), legend: '{{topic}}-{{partition}}' }]
  })
])

const refused = collapsed('What was refused', [
  timeseries('Refused Batches by Reason', {
    queries: [{ expr: nonZero(sum(rate(m.invalidRecords), ['reason'])) }],
    unit: 'cps',
    width: 12
  }),
  timeseries('Refused Bytes by Topic', {
    queries: [
      {
        expr: nonZero(
          topk(10, sum(rate(m.topicBytesRejected, { where: chosen }), ['topic', 'reason'])),
          rate(m.topicBytesRejected)
        ),
        legend: '{{topic}} {{reason}}'
      }
    ],
    width: 12
  })
])

const schemas = collapsed('Schemas', [
  timeseries('Schemas Registered', {
    queries: [{ expr: sum(rate(m.schemasRegistered)), legend: 'registered' }],
    unit: 'cps'
  }),
  timeseries('Schema Validations', {
    queries: [
      { expr: sum(rate(m.schemaValidations)), legend: 'checked' },
      { expr: sum(rate(m.schemaValidationErrors)), legend: 'failed' }
    ],
    unit: 'cps'
  }),
  timeseries('Subjects and Schemas', {
    queries: [
      { expr: total(m.schemaSubjects), legend: 'subjects' },
      { expr: total(m.schemas, { by: ['type'] }), legend: 'schemas {{type}}' }
    ],
    unit: 'none'
  }),
  timeseries('Requests to the Registry', {
    queries: [{ expr: sum(rate(m.schemaRequests), ['route', 'status']), legend: 'requests {{route}} {{status}}' }],
    unit: 'cps',
    width: 6
  }),
  timeseries('P99 of the Registry', {
    queries: [{ expr: quantile(0.99, m.schemaRequestDuration, { by: ['route'] }), legend: 'p99 {{route}}' }],
    noValue: 'no request',
    width: 6
  }),
  timeseries('Checks and Look-ups', {
    queries: [
      {
        expr: sum(rate(m.schemaCompatibilityChecks), ['level', 'result']),
        legend: 'checks {{level}} {{result}}'
      },
      { expr: sum(rate(m.schemaCache), ['result']), legend: 'cache {{result}}' }
    ],
    unit: 'cps',
    width: 6
  }),
  timeseries('Refused for Their Schema', {
    queries: [{ expr: topk(10, sum(rate(m.schemaIdFailures), ['topic'])), legend: 'refused {{topic}}' }],
    unit: 'cps',
    width: 3
  }),
  stat('Registry Leaders', {
    says: 'Exactly one, once there is a registry.',
    queries: [{ expr: total(m.schemaRegistryLeader) }],
    unit: 'none',
    limits: 'plain',
    height: 8
  })
])

export const topics: Board = {
  uid: 'streambus-topics',
  description: 'What each topic takes in, gives out and holds, and how evenly its partitions are filled.',
  variables: [topic],
  sections: [now, traffic, size, partitions, refused, schemas]
}
