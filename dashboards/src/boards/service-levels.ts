import { catalogue as m } from '@streambus/metrics'
import { type Expr, inUnit, promql, rate, ratio, sum } from '../expr.ts'
import { section } from '../layout.ts'
import { stat, timeseries } from '../panels.ts'

/** What is promised over 30 days, as a share of events that may be bad. The alerts on burn rates use the same. */
const OBJECTIVES = [
  ['produce_availability', 'Produce Availability', 0.001],
  ['fetch_availability', 'Fetch Availability', 0.001],
  ['produce_latency', 'Produce in Time', 0.01],
  ['fetch_latency', 'Fetch in Time', 0.01]
] as const

function goodShare(sli: string, range: string): Expr<never> {
  return ratio(
    sum(rate(m.sliEvents, { where: { sli, outcome: 'good' }, range })),
    sum(rate(m.sliEvents, { where: { sli }, range }))
  )
}

const levels = OBJECTIVES.map(([sli, title, allowed]) =>
  stat(title, {
    says: `Share of good events in the chosen time; the objective over 30 days is ${(1 - allowed) * 100} %.`,
    queries: [{ expr: goodShare(sli, '$__range') }],
    decimals: 3,
    limits: { warn: 1 - allowed / 2, bad: 1 - allowed, isFloor: true },
    noValue: 'no traffic',
    width: 3
  })
)

const burning = OBJECTIVES.map(([sli, title, allowed]) => {
  const good = goodShare(sli, '1h')
  return { expr: inUnit('none', promql(good)`(1 - ${good}) / ${allowed}`), legend: title }
})

export const serviceLevels = section('Service levels', [
  ...levels,
  timeseries('Burn Rate, Last Hour', {
    says: 'At 1 the errors that 30 days may have last exactly 30 days; at 14.4 they last two days, and somebody is called.',
    queries: burning,
    limits: { warn: 6, bad: 14.4 },
    width: 12,
    height: 4
  })
])
