import { assert } from '@streambus/base'
import type { Sample } from 'prom-client/lib/registry.js'
import { spellBound } from './buckets.ts'
import { type Counter, type Gauge, Histogram, Summary } from './cells.ts'
import type { Definition } from './definition.ts'
import { Family } from './family.ts'

export type Cell = Counter | Gauge | Histogram | Summary

const NO_LABELS: Readonly<Record<string, string>> = {}
/** The quantiles of Go's own summary. */
export const SUMMARY_QUANTILES = [0, 0.25, 0.5, 0.75, 1] as const

/** The lines of one metric at this moment. A family without children gives its zero, or nothing. */
export function samplesOf(definition: Definition, holder: Cell | Family<Cell>): Sample[] {
  if (!(holder instanceof Family)) return cellSamples(definition.name, NO_LABELS, holder)
  const samples: Sample[] = []
  for (const { labels, cell } of holder.children()) samples.push(...cellSamples(definition.name, labels, cell))
  if (samples.length > 0 || definition.whenEmpty === null) return samples
  const { labels, whenEmpty } = definition
  assert(labels.length === whenEmpty.length, `${definition.name}: one value per label`)
  return [{ labels: Object.fromEntries(labels.map((label, index) => [label, whenEmpty[index] as string])), value: 0 }]
}

function cellSamples(name: string, labels: Readonly<Record<string, string>>, cell: Cell): Sample[] {
  if (cell instanceof Histogram) return histogramSamples(name, labels, cell)
  if (cell instanceof Summary) return summarySamples(name, cell)
  return [{ labels, value: cell.value }]
}

function histogramSamples(name: string, labels: Readonly<Record<string, string>>, cell: Histogram): Sample[] {
  let cumulated = 0
  const samples: Sample[] = cell.counts.map((count, index) => {
    cumulated += count
    const bound = cell.bounds[index]
    const le = bound === undefined ? '+Inf' : spellBound(bound)
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: cumulated }
  })
  samples.push({ metricName: `${name}_sum`, labels, value: cell.sum })
  samples.push({ metricName: `${name}_count`, labels, value: cumulated })
  return samples
}

function summarySamples(name: string, cell: Summary): Sample[] {
  const values = cell.quantiles(SUMMARY_QUANTILES)
  const samples: Sample[] = values.map((value, index) => ({
    labels: { quantile: String(SUMMARY_QUANTILES[index]) },
    value
  }))
  samples.push({ metricName: `${name}_sum`, labels: NO_LABELS, value: cell.sum })
  samples.push({ metricName: `${name}_count`, labels: NO_LABELS, value: cell.count })
  return samples
}
