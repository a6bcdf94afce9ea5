import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import { bucketsOf, countRate, gauge, mean, nonZero, observed, quantile, rate, sum, topk } from '../expr.ts'
import { collapsed, section } from '../layout.ts'
import { to } from '../links.ts'
import { bars, heatmap, table, timeseries } from '../panels.ts'
import { percentiles, phases } from './patterns.ts'
import { connectionShare, failedShare, loopUtilisation } from './shared.ts'

const latency = section('Latency', [
  timeseries('Produce Latency', {
    says: 'Request decoded until its answer is ready; with acks=all that includes the sync of the disk.',
    queries: percentiles(m.produceLatency),
    limits: { bad: 0.1 },
    width: 6,
    exemplars: true
  }),
  timeseries('Consume Latency', {
    says: 'Work for a fetch, waiting for data left out.',
    queries: percentiles(m.consumeLatency),
    limits: { bad: 0.1 },
    width: 6,
    exemplars: true
  }),
  timeseries('Commit Latency', {
    says: 'Append until consumers may read it.',
    queries: percentiles(m.commitLatency),
    width: 6
  }),
  timeseries('End-to-End Latency', {
    says: 'From the timestamp of a record to its delivery: what applications feel. Consumers that catch up show here, too.',
    queries: percentiles(m.endToEndLatency),
    width: 6
  }),
  heatmap('Produce Latency Distribution', {
    says: 'Each column is a moment, each cell how many requests took that long. Two bands are two kinds of requests.',
    queries: [{ expr: bucketsOf(m.produceLatency), legend: '{{le}}' }]
  }),
  timeseries('P99 Request Duration by API', {
    says: 'Whole requests, waits on purpose included: a fetch that waits for data shows its fetch.max.wait.ms.',
    queries: [{ expr: observed(quantile(0.99, m.requestDuration, { by: ['api'] })) }],
    noValue: 'idle',
    legend: 'table',
    width: 12,
    exemplars: true
  })
])

const time = section('Where the time of a request goes', [
  timeseries('Produce by Phase', {
    says: 'Mean of each phase, one above the other: commit is the disk, local the event loop, send the client.',
    queries: phases('Produce'),
    stack: true
  }),
  timeseries('Fetch by Phase', {
    says: 'remote is waiting for data, as the consumer asked for; the rest is work.',
    queries: phases('FetchConsumer'),
    stack: true
  }),
  timeseries('Event Loop Time by API', {
    says: 'Who the broker works for. 100 % is one processor, and all that one broker has.',
    queries: [{ expr: nonZero(sum(rate(m.requestPhaseTime, { where: { phase: 'local' } }), ['api'])) }],
    stack: true,
    links: to('streambus-runtime')
  }),
  timeseries('P99 by Phase, Produce', {
    says: 'The slowest hundredth, phase by phase: where a rare delay comes from.',
    queries: [{ expr: quantile(0.99, m.requestPhase, { where: { api: 'Produce' }, by: ['phase'] }) }]
  }),
  timeseries('Slow Requests', {
    queries: [{ expr: nonZero(sum(rate(m.slowRequests), ['api'])) }],
    unit: 'cps',
    links: to('streambus-logs')
  }),
  timeseries('Saturation by Broker', {
    says: 'Event loop and connections: what runs out first on a broker that is too small.',
    queries: [
      { expr: loopUtilisation, legend: 'event loop {{instance}}' },
      { expr: connectionShare, legend: 'connections {{listener}} {{instance}}' }
    ],
    max: 1,
    links: to('streambus-runtime')
  })
])

const traffic = section('Traffic', [
  timeseries('Requests by API', {
    queries: [{ expr: nonZero(sum(countRate(m.requestDuration), ['api'])) }],
    unit: 'reqps',
    legend: 'table'
  }),
  timeseries('Network', {
    queries: [
      { expr: sum(rate(m.networkBytesIn)), legend: 'in' },
      { expr: sum(rate(m.networkBytesOut)), legend: 'out' }
    ]
  }),
  timeseries('Requests in Flight', {
    queries: [{ expr: nonZero(sum(gauge(m.requestsInFlight), ['api'])) }],
    legend: 'table'
  }),
  timeseries('Requests by Broker', {
    says: 'Uneven: leaders are uneven, or clients prefer one broker.',
    queries: [{ expr: sum(rate(m.networkRequests), ['instance']) }],
    unit: 'reqps'
  }),
  timeseries('Mean Request Size', {
    queries: [{ expr: observed(mean(m.requestSize, { by: ['api'] })) }],
    noValue: 'idle'
  }),
  timeseries('Mean Answer Size', {
    queries: [{ expr: observed(mean(m.responseSize, { by: ['api'] })) }],
    noValue: 'idle'
  })
])

const errors = section('Errors', [
  timeseries('Error Codes', {
    says: 'By what was asked for and what was answered, the ten most frequent. Retriable ones are part of normal life.',
    queries: [{ expr: nonZero(topk(10, sum(rate(m.requestErrors), ['api', 'error']))) }],
    unit: 'cps'
  }),
  timeseries('Error Ratio', {
    says: 'Of the topics, partitions and groups that clients asked for. RequestErrorRateHigh begins at 1 % of one API.',
    queries: [{ expr: failedShare, legend: 'failed for the fault of the broker' }],
    limits: { warn: 0.01, bad: 0.05 }
  }),
  timeseries('Requests That Ended Their Connection', {
    says: 'A handler that failed is a bug worth a report; a request that cannot be read is a client of another world.',
    queries: [
      { expr: sum(rate(m.requestFailures)), legend: 'handler failed' },
      { expr: sum(rate(m.requestParseErrors), ['reason']), legend: 'not understood {{reason}}' }
    ],
    unit: 'cps'
  })
])

const waits = collapsed('Waiting requests', [
  timeseries('Waiting', { queries: [{ expr: sum(gauge(m.purgatorySize), ['operation']) }] }),
  timeseries('P95 Wait', { queries: [{ expr: observed(quantile(0.95, m.purgatoryWait, { by: ['operation'] })) }] }),
  timeseries('Ends of Waits', {
    says: 'satisfied: there was what was waited for; expired: time was up. Fetches that expire find no data: normal at night.',
    queries: [{ expr: sum(rate(m.purgatoryCompleted), ['operation', 'result']) }],
    unit: 'cps'
  }),
  timeseries('Registered in Partitions', {
    says: 'Once for each partition that a waiting request asked for. Rises while the waiting do not: a leak.',
    queries: [{ expr: sum(gauge(m.purgatoryWatchKeys), ['operation']) }],
    width: 24,
    height: 6
  })
])

const batches = collapsed('Batches', [
  timeseries('Batch Size', {
    says: 'The broker works by the batch: small ones cost as much as large ones. Raise linger.ms and batch.size.',
    queries: [
      { expr: quantile(0.5, m.produceBatchBytes), legend: 'p50' },
      { expr: quantile(0.99, m.produceBatchBytes), legend: 'p99' }
    ],
    width: 6
  }),
  timeseries('Records per Batch', {
    queries: [
      { expr: mean(m.produceBatchRecords), legend: 'mean' },
      { expr: quantile(0.99, m.produceBatchRecords), legend: 'p99' }
    ],
    width: 6
  }),
  timeseries('Batches by Codec', {
    queries: [
      { expr: sum(rate(m.produceBatches), ['codec']) },
      { expr: sum(rate(m.batchesRecompressed)), legend: 'recompressed here' }
    ],
    unit: 'cps',
    width: 6
  }),
  timeseries('Produce Requests by acks', {
    says: 'acks=1 and acks=0 may lose records that were answered or sent.',
    queries: [{ expr: sum(rate(m.produceAcks), ['acks']), legend: 'acks={{acks}}' }],
    unit: 'reqps',
    width: 6
  }),
  timeseries('Fetches by Kind', {
    says: 'Many empty ones: consumers that ask too often (fetch.min.bytes, fetch.max.wait.ms).',
    queries: [{ expr: sum(rate(m.fetches), ['kind']) }],
    unit: 'reqps',
    width: 8
  }),
  heatmap('Batch Size Distribution', {
    queries: [{ expr: bucketsOf(m.produceBatchBytes), legend: '{{le}}' }],
    width: 16
  })
])

const connections = collapsed('Connections and clients', [
  timeseries('Connections', {
    queries: [
      { expr: sum(gauge(m.connectionsActive), ['listener']), legend: '{{listener}}' },
      { expr: sum(gauge(m.connectionsLimit), ['listener']), legend: '{{listener}} limit' }
    ],
    isLogarithmic: true,
    width: 6
  }),
  timeseries('Opened and Closed', {
    says: 'Clients that come and go all the time cost more than those that stay.',
    queries: [
      { expr: sum(rate(m.connectionsCreated)), legend: 'opened' },
      { expr: sum(rate(m.connectionsClosed), ['reason']), legend: 'closed: {{reason}}' }
    ],
    unit: 'cps',
    width: 6
  }),
  timeseries('Network Errors', {
    queries: [{ expr: nonZero(sum(rate(m.networkErrorsByReason), ['reason'])) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Clients That Do Not Keep Up', {
    says: 'Not read any more until they take their answers.',
    queries: [
      { expr: sum(gauge(m.connectionsBackpressured)), legend: 'connections' },
      { expr: sum(gauge(m.responseQueueSize)), legend: 'answers behind others' }
    ],
    width: 6
  }),
  timeseries('Memory of Sockets', {
    queries: [{ expr: sum(gauge(m.socketBuffered), ['direction']) }],
    width: 6
  }),
  bars('Client Software', {
    queries: [{ expr: topk(10, sum(gauge(m.clientSoftware, { name: { not: '' } }), ['name', 'version'])) }],
    limits: 'plain',
    noValue: 'none says',
    width: 6
  }),
  table('Versions in Use', {
    says: 'What clients speak: look here before an old version is taken away.',
    queries: [{ expr: observed(sum(rate(m.requestVersions), ['api', 'version'])) }],
    unit: 'reqps',
    columns: { api: 'API', version: 'Version', Value: 'Requests' },
    sortBy: 'Requests'
  })
])

export const performance: Board = {
  uid: 'streambus-performance',
  description:
    'How fast, how much, and where the time goes: latency, phases, traffic, errors, waits, batches, clients.',
  variables: [],
  sections: [latency, time, traffic, errors, waits, batches, connections]
}
