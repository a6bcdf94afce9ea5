import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import { bucketsOf, gauge, max, promql, quantile, rate, share, sum, topk, total } from '../expr.ts'
import { section } from '../layout.ts'
import { bars, heatmap, stat, timeseries } from '../panels.ts'
import { percentiles } from './patterns.ts'

const ended = promql(
  sum(rate(m.transactionsAborted))
)`${sum(rate(m.transactionsAborted))} + ${sum(rate(m.transactionsCommitted))}`
const abortRatio = share(sum(rate(m.transactionsAborted)), ended)

const now = section(null, [
  stat('Active', {
    says: 'Transactions are at zero until this version of the broker has them.',
    queries: [{ expr: total(m.transactionsActive) }],
    unit: 'none',
    limits: 'plain',
    sparkline: true,
    width: 4
  }),
  stat('Abort Ratio', {
    says: 'Of the transactions that ended.',
    queries: [{ expr: abortRatio }],
    limits: { warn: 0.05, bad: 0.1 },
    width: 4
  }),
  stat('Oldest Open', {
    says: 'Consumers of committed records wait for it.',
    queries: [{ expr: max(gauge(m.transactionOldestOpen)) }],
    limits: { warn: 60, bad: 900 },
    width: 4
  }),
  stat('Hanging', { queries: [{ expr: total(m.transactionsHanging) }], unit: 'none', limits: { bad: 1 }, width: 4 }),
  stat('Markers Pending', {
    queries: [{ expr: total(m.transactionMarkersPending) }],
    unit: 'none',
    limits: { warn: 100 },
    width: 4
  }),
  stat('Transactional Ids', { queries: [{ expr: total(m.transactionalIds) }], unit: 'none', limits: 'plain', width: 4 })
])

const course = section('How they go', [
  timeseries('Committed and Aborted', {
    queries: [
      { expr: sum(rate(m.transactionsStarted)), legend: 'started' },
      { expr: sum(rate(m.transactionsCommitted)), legend: 'committed' },
      { expr: sum(rate(m.transactionsAborted)), legend: 'aborted' }
    ],
    unit: 'cps'
  }),
  timeseries('Aborts by Reason', {
    says: 'client is wanted; timeout is a producer that was too slow or is gone.',
    queries: [{ expr: sum(rate(m.transactionAborts), ['reason']) }],
    unit: 'cps'
  }),
  timeseries('By State', {
    queries: [{ expr: sum(gauge(m.transactionsByState), ['state']) }],
    unit: 'none',
    stack: true
  }),
  timeseries('Duration', { queries: percentiles(m.transactionDuration) }),
  heatmap('Duration Distribution', {
    queries: [{ expr: bucketsOf(m.transactionDuration), legend: '{{le}}' }],
    width: 8
  }),
  timeseries('Failed Markers', {
    says: 'A commit that all its partitions do not know yet is not visible there.',
    queries: [{ expr: sum(rate(m.transactionMarkerErrors)), legend: 'failed' }],
    unit: 'cps'
  }),
  timeseries('P99 of Ending One', {
    says: 'prepare: until the decision is durable. markers: until all partitions know it.',
    queries: [{ expr: quantile(0.99, m.transactionPhase, { by: ['phase'] }) }],
    noValue: 'none ended',
    width: 12,
    height: 6
  }),
  timeseries('Refused as Unknown', {
    says: 'Batches of a transaction that its coordinator does not know: producers that came back after their time was up.',
    queries: [{ expr: sum(rate(m.transactionVerificationFailures)), legend: 'refused' }],
    unit: 'cps',
    width: 12,
    height: 6
  })
])

const effects = section('What others feel', [
  bars('Held Back', {
    says: 'Records that consumers of committed transactions may not read yet, the ten worst partitions.',
    queries: [
      {
        expr: topk(10, max(gauge(m.partitionLsoLag), ['topic', 'partition'])),
        legend: '{{topic}}-{{partition}}'
      }
    ],
    limits: 'plain'
  }),
  timeseries('Idempotent Producers', {
    says: 'Duplicates are retries that did no harm. Out of order and fenced ones were refused.',
    queries: [
      { expr: sum(rate(m.producerDuplicates)), legend: 'duplicates' },
      { expr: sum(rate(m.producerOutOfOrder)), legend: 'out of order' },
      { expr: sum(rate(m.producersFenced)), legend: 'fenced' }
    ],
    unit: 'cps'
  }),
  timeseries('Producers Remembered', { queries: [{ expr: total(m.producerIds), legend: 'producers' }], width: 4 }),
  timeseries('Producers Forgotten', {
    queries: [{ expr: sum(rate(m.producerExpirations)), legend: 'expired' }],
    unit: 'cps',
    width: 4
  })
])

export const transactions: Board = {
  uid: 'streambus-transactions',
  description: 'Transactions and idempotent producers: how many, how long, how they end, and what they hold back.',
  variables: [],
  sections: [now, course, effects]
}
