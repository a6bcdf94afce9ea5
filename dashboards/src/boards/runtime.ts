import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import {
  bucketsOf,
  countRate,
  gauge,
  increase,
  max,
  nonZero,
  observed,
  ofPrometheus,
  quantile,
  rate,
  ratio,
  sum,
  sumRate
} from '../expr.ts'
import { collapsed, section } from '../layout.ts'
import { to } from '../links.ts'
import { heatmap, table, timeseries } from '../panels.ts'
import { loopUtilisation } from './shared.ts'

const byBroker = ['instance'] as const

const processor = section('Processor and event loop', [
  timeseries('Processor', {
    says: '100 % is one processor.',
    queries: [
      { expr: sum(rate(m.processCpuUser), byBroker), legend: 'user {{instance}}' },
      { expr: sum(rate(m.processCpuSystem), byBroker), legend: 'system {{instance}}' }
    ],
    width: 6
  }),
  timeseries('Event Loop Utilisation', {
    says: 'Everything a broker answers passes through here. From 90 % on everything waits.',
    queries: [{ expr: loopUtilisation }],
    limits: { warn: 0.7, bad: 0.9 },
    max: 1,
    width: 6
  }),
  timeseries('Event Loop Delay', {
    says: 'How late timers fire: what a request waits before anybody looks at it.',
    queries: [
      { expr: quantile(0.5, m.eventLoopDelay), legend: 'p50' },
      { expr: quantile(0.99, m.eventLoopDelay), legend: 'p99' }
    ],
    limits: { warn: 0.1, bad: 0.5 },
    width: 6
  }),
  heatmap('Event Loop Delay Distribution', {
    queries: [{ expr: bucketsOf(m.eventLoopDelay), legend: '{{le}}' }],
    width: 6
  })
])

const memory = section('Memory', [
  timeseries('Process', {
    says: 'Resident memory and what it may be; close to the limit the kernel ends the process.',
    queries: [
      { expr: sum(gauge(m.processResidentMemory), byBroker), legend: 'resident {{instance}}' },
      { expr: sum(gauge(m.memoryLimit), byBroker), legend: 'limit {{instance}}' }
    ],
    width: 6
  }),
  timeseries('Heap', {
    says: 'What JavaScript objects take; at the limit the process ends.',
    queries: [
      { expr: sum(gauge(m.heapUsed), byBroker), legend: 'used {{instance}}' },
      { expr: sum(gauge(m.heapTotal), byBroker), legend: 'held {{instance}}' },
      { expr: sum(gauge(m.heapLimit), byBroker), legend: 'limit {{instance}}' }
    ],
    width: 6
  }),
  timeseries('Buffers', {
    says: 'Outside of the heap: where record batches are.',
    queries: [
      { expr: sum(gauge(m.externalMemory)), legend: 'external' },
      { expr: sum(gauge(m.arrayBuffers)), legend: 'buffers' },
      { expr: sum(gauge(m.bufferPool), ['state']), legend: 'pool {{state}}' }
    ],
    width: 6
  }),
  timeseries('Heap by Space', { queries: [{ expr: sum(gauge(m.heapSpaceUsed), ['space']) }], stack: true, width: 6 })
])

const collector = section('Garbage collection', [
  timeseries('Pauses, P99', {
    queries: [{ expr: observed(quantile(0.99, m.gcDuration, { by: ['kind'] })) }],
    noValue: 'none'
  }),
  timeseries('Share of Time', {
    says: 'Above 10 % the heap is too small or objects are too many.',
    queries: [{ expr: sum(sumRate(m.gcDuration), byBroker) }],
    limits: { warn: 0.1 }
  }),
  timeseries('Collections', { queries: [{ expr: sum(countRate(m.gcDuration), ['kind']) }], unit: 'cps' })
])

const handles = section('Handles and files', [
  timeseries('Open Files', {
    queries: [
      { expr: sum(gauge(m.processOpenDescriptors), byBroker), legend: 'open {{instance}}' },
      { expr: sum(gauge(m.processMaxDescriptors), byBroker), legend: 'limit {{instance}}' }
    ],
    isLogarithmic: true
  }),
  timeseries('Active Resources', {
    says: 'What keeps the event loop alive. A kind that only grows is a leak.',
    queries: [{ expr: sum(gauge(m.activeResources), ['type']) }]
  }),
  timeseries('Disk', { queries: [{ expr: sum(rate(m.processIo), ['direction']) }], links: to('streambus-storage') })
])

const host = collapsed('Container and machine', [
  timeseries('Processor of Its Limit', {
    queries: [{ expr: ratio(sum(rate(m.processCpu), byBroker), sum(gauge(m.cpuLimit), byBroker)) }],
    max: 1,
    width: 6
  }),
  timeseries('Throttled', {
    says: 'Time in which the container was stopped because its quota was used up.',
    queries: [{ expr: sum(rate(m.cpuThrottled), byBroker) }],
    width: 6
  }),
  timeseries('Pressure', {
    says: 'Share of time in which something on the machine waited for a resource.',
    queries: [{ expr: max(rate(m.pressureStalled), ['resource']) }],
    noValue: 'not told by this kernel',
    width: 6
  }),
  timeseries('Address Space', {
    queries: [{ expr: sum(gauge(m.processVirtualMemory), byBroker) }],
    width: 6
  }),
  timeseries('Heap Held by Space', {
    queries: [{ expr: sum(gauge(m.heapSpaceTotal), ['space']) }],
    stack: true,
    width: 12
  }),
  table('Limits in Force', {
    says: 'Settings that alerts divide by.',
    queries: [{ expr: max(gauge(m.configValue), ['instance', 'key']) }],
    unit: 'none',
    columns: { instance: 'Broker', key: 'Setting', Value: 'Value' }
  })
])

const admin = section('Admin port, log and metrics', [
  timeseries('Admin Requests', {
    queries: [{ expr: nonZero(sum(rate(m.httpRequests), ['route', 'status'])) }],
    unit: 'reqps',
    legend: 'table'
  }),
  timeseries('P95 of Admin Requests', {
    queries: [{ expr: observed(quantile(0.95, m.httpRequestDuration, { by: ['route'] })) }],
    legend: 'table'
  }),
  timeseries('Log Lines', {
    says: 'Errors here are the first thing to read.',
    queries: [{ expr: sum(rate(m.logMessages), ['level']) }, { expr: sum(rate(m.logSuppressed)), legend: 'left out' }],
    unit: 'cps',
    links: to('streambus-logs')
  }),
  timeseries('Scrape', {
    says: 'As Prometheus sees it, and rendering alone.',
    queries: [
      {
        expr: ofPrometheus('max(scrape_duration_seconds{job=~"$job",instance=~"$instance"})', { unit: 's' }),
        legend: 'scrape'
      },
      { expr: quantile(0.99, m.metricsRender, { by: ['format'] }), legend: 'render p99 {{format}}' }
    ]
  }),
  timeseries('Series', {
    queries: [{ expr: sum(gauge(m.metricsSeries), byBroker) }],
    unit: 'short'
  }),
  timeseries('Label Values Without a Series', {
    says: 'Beyond a limit they are counted in __other__; raise metrics.topics.max, metrics.groups.max or metrics.series.max.',
    queries: [
      { expr: sum(increase(m.metricsSeriesDropped, { range: '1h' }), ['family']), legend: 'in an hour {{family}}' }
    ],
    unit: 'short'
  })
])

const http = collapsed('Details of the admin port', [
  timeseries('In Flight', {
    queries: [{ expr: sum(gauge(m.httpRequestsInFlight), byBroker) }],
    unit: 'none',
    width: 6
  }),
  timeseries('Size of Bodies', {
    queries: [
      { expr: quantile(0.95, m.httpRequestSize), legend: 'requests p95' },
      { expr: quantile(0.95, m.httpResponseSize), legend: 'answers p95' }
    ],
    width: 6
  }),
  timeseries('P95 of Health Checks', {
    queries: [{ expr: quantile(0.95, m.healthCheckDuration, { by: ['check'] }) }],
    width: 6
  }),
  timeseries('Spans', {
    says: 'Of traces, where they are exported.',
    queries: [{ expr: sum(rate(m.otelSpans), ['result']) }],
    noValue: 'no tracing',
    width: 6
  }),
  timeseries('Refused on the Admin Port', {
    says: 'requests: too many are under way. connections: those longest without a request were closed for new ones.',
    queries: [{ expr: sum(rate(m.httpRateLimited), ['limiter']) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Spans Waiting', {
    says: 'For the collector. At 8,192 new ones are dropped.',
    queries: [{ expr: sum(gauge(m.otelQueueSize), byBroker) }],
    unit: 'none',
    width: 6
  }),
  timeseries('P95 of Exports', {
    says: 'Of one batch of spans, retries included.',
    queries: [{ expr: quantile(0.95, m.otelExport, { by: ['signal'] }) }],
    noValue: 'no tracing',
    width: 6
  }),
  timeseries('Failed Exports', {
    says: 'Batches that the collector did not take.',
    queries: [{ expr: sum(rate(m.otelExportErrors), ['signal']) }],
    unit: 'cps',
    width: 6
  })
])

export const runtime: Board = {
  uid: 'streambus-runtime',
  description: 'The process: processor, event loop, memory, garbage collection, files, and what watching it costs.',
  variables: [],
  sections: [processor, memory, collector, handles, admin, host, http]
}
