import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import { avg, type Expr, gauge, inUnit, max, min, nonZero, promql, rate, ratio, recorded, sum } from '../expr.ts'
import { section } from '../layout.ts'
import { to } from '../links.ts'
import { bars, stat, timeseries } from '../panels.ts'

const SLI = { labels: ['sli'] } as const
const RULES = 'From alerts/streambus-recording.yml, which Prometheus must have loaded.'

const remaining = recorded('job_sli:slo_error_budget_remaining:ratio30d', SLI)
/**
 * 1 of a budget that is whole, 0 of one that is used up, below of an objective that is missed; nothing where nothing
 * has happened, which is no number.
 */
export const budgetLeft = promql(remaining)`${remaining} > -Inf`

/** What is promised over 30 days, as a share of events that may be bad; the recording rules say the same. */
const OBJECTIVES = [
  ['produce_availability', 'Produce Availability', 0.001],
  ['fetch_availability', 'Fetch Availability', 0.001],
  ['produce_latency', 'Produce in Time', 0.01],
  ['fetch_latency', 'Fetch in Time', 0.01]
] as const

function goodShare(sli: string): Expr<never> {
  const range = '$__range'
  return ratio(
    sum(rate(m.sliEvents, { where: { sli, outcome: 'good' }, range })),
    sum(rate(m.sliEvents, { where: { sli }, range }))
  )
}

function goodOf(window: string): Expr<'sli'> {
  const bad = max(recorded(`job_sli:streambus_sli_errors:ratio_rate${window}`, SLI), ['sli'])
  return promql(bad)`1 - ${bad}`
}

const age = max(gauge(m.consumerGroupLagSeconds), ['group'])
const members = max(gauge(m.consumerGroupMembers), ['group'])

const now = section('How good it is', [
  ...OBJECTIVES.map(([sli, title, allowed]) =>
    stat(title, {
      says: `Share of good events in the chosen time; the objective over 30 days is ${(1 - allowed) * 100} %.`,
      queries: [{ expr: goodShare(sli) }],
      decimals: 3,
      limits: { warn: 1 - allowed / 2, bad: 1 - allowed, isFloor: true },
      noValue: 'no traffic',
      links: to('streambus-performance')
    })
  ),
  stat('Groups up to Date', {
    says: 'Share of groups with members, now, in which no record is unread for more than a minute; the objective, over all their minutes of 30 days, is 99 %.',
    queries: [{ expr: inUnit('percentunit', avg(promql(age)`(${age} <= bool 60) and ${members} > 0`)) }],
    decimals: 1,
    limits: { bad: 0.99, isFloor: true },
    noValue: 'no group',
    width: 4,
    links: to('streambus-consumers')
  }),
  bars('Budget Left', {
    says: `Of the errors that 30 days may have: at 0 the objective is missed. ${RULES}`,
    queries: [{ expr: min(budgetLeft, ['sli']) }],
    max: 1,
    limits: { warn: 0.5, bad: 0.1, isFloor: true },
    noValue: 'none yet',
    width: 8,
    height: 4
  })
])

interface Burn {
  readonly long: string
  readonly short: string
  readonly limit: number
  readonly says: string
}

function burn({ long, short, limit, says }: Burn) {
  const over = (window: string) =>
    max(recorded(`job_sli:slo_burn:ratio_rate${window}`, { ...SLI, unit: 'none' }), ['sli'])
  return timeseries(`Burn, ${long} and ${short}`, {
    says: `${says} At 1 the errors that 30 days may have last exactly 30 days. ${RULES}`,
    queries: [
      { expr: over(long), legend: `{{sli}} ${long}` },
      { expr: over(short), legend: `{{sli}} ${short}` }
    ],
    limits: { bad: limit },
    width: 6
  })
}

const burning = section('How fast the budgets are used up', [
  burn({ long: '1h', short: '5m', limit: 14.4, says: 'Somebody is called when both are above 14.4.' }),
  burn({ long: '6h', short: '30m', limit: 6, says: 'Somebody is called when both are above 6.' }),
  burn({ long: '1d', short: '2h', limit: 3, says: 'A warning when both are above 3.' }),
  burn({ long: '3d', short: '6h', limit: 1, says: 'A warning when both are above 1.' })
])

const history = section('History', [
  timeseries('Budget Left over 30 Days', {
    says: RULES,
    queries: [{ expr: min(budgetLeft, ['sli']) }],
    min: 'auto',
    limits: { bad: 0 },
    timeFrom: '30d'
  }),
  timeseries('Good Events, by Day', {
    says: `Of the 24 hours before each moment. ${RULES}`,
    queries: [{ expr: goodOf('1d') }],
    min: 'auto',
    max: 1,
    decimals: 2,
    timeFrom: '30d'
  }),
  timeseries('Bad Events', {
    says: 'What uses up the budgets of availability and latency.',
    queries: [{ expr: nonZero(sum(rate(m.sliEvents, { where: { outcome: 'bad' } }), ['sli'])) }],
    unit: 'cps'
  })
])

export const serviceLevels: Board = {
  uid: 'streambus-slo',
  description:
    'Is what was promised kept: service levels, what is left of their error budgets, and how fast that goes.',
  variables: [],
  sections: [now, burning, history]
}
