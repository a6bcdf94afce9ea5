import { type Definition, catalogue as m } from '@streambus/metrics'
import { countRate, type Expr, inUnit, quantile, rate, share, sum, sumRate } from '../expr.ts'
import type { Query } from '../panel.ts'

/** Half, most and nearly all observations of a histogram are below these. */
export function percentiles(metric: Definition<'histogram'>): readonly Query[] {
  return [0.5, 0.95, 0.99].map(q => ({ expr: quantile(q, metric), legend: `p${q * 100}` }))
}

/** Mean time of a request of one API, phase by phase: together they are its mean duration. */
export function phases(api: string): readonly Query[] {
  const spent = sum(rate(m.requestPhaseTime, { where: { api } }), ['phase'])
  const requests = sum(countRate(m.requestDuration, { where: { api } }))
  const text = `${spent.text} / on() group_left() ${requests.text}`
  return [{ expr: inUnit('s', { ...spent, text, metrics: [...spent.metrics, ...requests.metrics] }) }]
}

/** Mean of what happened in the chosen time; 0 when nothing did. */
export function meanInRange(metric: Definition<'histogram'>): Expr<never> {
  const options = { range: '$__range' }
  return inUnit('s', share(sum(sumRate(metric, options)), sum(countRate(metric, options))))
}
