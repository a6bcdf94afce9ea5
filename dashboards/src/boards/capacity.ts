import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import { type Expr, gauge, growth, increase, inUnit, max, min, promql, rate, sum, total } from '../expr.ts'
import { section } from '../layout.ts'
import { to } from '../links.ts'
import { gaugePanel, stat, timeseries } from '../panels.ts'
import { customVariable } from '../variables.ts'
import { connectionShare, cpuShare, diskShare, loopUtilisation, memoryShare, timeToFull, worst } from './shared.ts'

/** Trends need more than the six hours that other panels show. */
const MONTH = { timeFrom: '30d' } as const
const SHARE = { limits: { warn: 0.7, bad: 0.85 }, max: 1 } as const

const planned = '(1 + $growth / 100)'

const now = section('How much is left', [
  gaugePanel('Disk', { queries: [{ expr: worst(diskShare) }], ...SHARE, links: to('streambus-storage') }),
  gaugePanel('Processor', {
    says: 'Of what the process can have. One broker uses little more than one processor.',
    queries: [{ expr: worst(cpuShare) }],
    ...SHARE,
    links: to('streambus-runtime')
  }),
  gaugePanel('Event Loop', {
    says: 'The limit that counts: a broker is full when its event loop is.',
    queries: [{ expr: worst(loopUtilisation) }],
    ...SHARE,
    links: to('streambus-runtime')
  }),
  gaugePanel('Memory', { queries: [{ expr: worst(memoryShare) }], ...SHARE, links: to('streambus-runtime') }),
  gaugePanel('Connections', { queries: [{ expr: worst(connectionShare) }], ...SHARE }),
  stat('Disk Full In', {
    says: 'If it fills as in the last day, with the growth that is chosen at the top; the broker where it is soonest.',
    queries: [{ expr: min(timeToFull('1d', planned)) }],
    limits: { warn: 30 * 86_400, bad: 7 * 86_400, isFloor: true },
    width: 4,
    height: 5
  })
])

const day = 86_400

const trends = section('Trends over 30 days', [
  timeseries('Storage', {
    says: 'Used and available, and what is used in 30 days if it goes on as in the last day, with the chosen growth.',
    queries: [
      { expr: sum(gauge(m.storageUsed)), legend: 'used' },
      {
        expr: sum(promql(gauge(m.storageUsed))`${gauge(m.storageUsed)} + ${gauge(m.storageAvailable)}`),
        legend: 'limit'
      },
      { expr: inThirtyDays(), legend: 'in 30 days' }
    ],
    ...MONTH,
    width: 12
  }),
  timeseries('Growth of Storage per Day', {
    says: 'Below 0, retention deletes more than producers write.',
    queries: [
      {
        expr: inUnit(
          'bytes',
          promql(sum(gauge(m.storageUsed)))`${sum(growth(m.storageUsed, { range: '1d' }))} * ${day}`
        ),
        legend: 'per day'
      }
    ],
    min: 'auto',
    ...MONTH,
    width: 12
  }),
  timeseries('Messages per Day', {
    queries: [
      { expr: sum(increase(m.messagesProduced, { range: '1d' })), legend: 'produced' },
      { expr: sum(increase(m.messagesConsumed, { range: '1d' })), legend: 'consumed' }
    ],
    ...MONTH
  }),
  timeseries('Bytes per Day', {
    queries: [
      { expr: sum(increase(m.bytesProduced, { range: '1d' })), legend: 'produced' },
      { expr: sum(increase(m.bytesConsumed, { range: '1d' })), legend: 'consumed' },
      { expr: sum(increase(m.bytesStored, { range: '1d' })), legend: 'stored' }
    ],
    ...MONTH
  }),
  timeseries('Network', {
    says: 'Mean of each step of the panel, an hour or so, to compare with what the network card gives.',
    queries: [
      { expr: sum(rate(m.networkBytesIn)), legend: 'in' },
      { expr: sum(rate(m.networkBytesOut)), legend: 'out' }
    ],
    ...MONTH
  }),
  timeseries('Shares of Limits', {
    says: 'Means of each hour, the fullest broker.',
    queries: [
      { expr: max(hourly(cpuShare)), legend: 'processor' },
      { expr: max(hourly(memoryShare)), legend: 'memory' },
      { expr: max(hourly(diskShare)), legend: 'disk' },
      { expr: max(hourly(connectionShare)), legend: 'connections' }
    ],
    max: 1,
    ...MONTH,
    width: 12
  }),
  timeseries('Partitions by Broker', {
    says: 'Memory, open files and the time of a start grow with them.',
    queries: [{ expr: sum(gauge(m.leaderPartitions), ['instance']) }],
    ...MONTH,
    width: 6
  }),
  timeseries('Topics, Groups, Segments', {
    queries: [
      { expr: total(m.topics), legend: 'topics' },
      { expr: total(m.consumerGroups), legend: 'groups' },
      { expr: total(m.segments), legend: 'segments' }
    ],
    ...MONTH,
    width: 6
  })
])

function inThirtyDays() {
  const used = gauge(m.storageUsed)
  const added = growth(m.storageUsed, { range: '1d' })
  return sum(promql(used)`${used} + ${added} * ${planned} * ${30 * day}`)
}

function hourly<Label extends string>(share: Expr<Label>): Expr<Label> {
  return { ...share, text: `avg_over_time((${share.text})[1h:1m])` }
}

export const capacity: Board = {
  uid: 'streambus-capacity',
  description: 'How long it lasts: what is left of each limit, and where the trend of 30 days leads.',
  variables: [
    customVariable('growth', 'Growth of traffic in percent to reckon with.', ['0', '10', '25', '50', '100', '200'])
  ],
  sections: [now, trends]
}
