import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { GroupLagView } from '../coordinator/lag/lag-view.ts'
import { inTurns } from '../partition/in-turns.ts'
import type { BrokerView } from './broker-view.ts'
import { LagSeries } from './lag-series.ts'

const SLICE_MS = 5

export interface LagBinding {
  readonly view: Pick<BrokerView, 'groups' | 'committedOffsets'>
  readonly clock: Clock
  /** `seriesMax`: of all metrics together. */
  readonly limits: () => { readonly groupsMax: number; readonly seriesMax: number }
}

/** Computes before each scrape, in turns, how far every group has come. */
export function bindLag(metrics: BrokerMetrics, { view, clock, limits }: LagBinding): void {
  let served: { readonly groups: readonly GroupLagView[]; readonly seriesCount: number } | null = null
  let ready: LagSeries | null = null
  metrics.beforeCollect(async () => {
    const groups = await view.groups()
    if (groups === served?.groups) return
    const { groupsMax, seriesMax } = limits()
    const others = metrics.seriesCount() - (served?.seriesCount ?? 0)
    const series = new LagSeries(metrics.cells, { groupsMax, seriesMax: seriesMax - others })
    await inTurns(clock, series.fill(groups), SLICE_MS)
    ready = series
    served = { groups, seriesCount: series.seriesCount }
  })
  metrics.beforeRender(() => {
    ready?.show()
    ready = null
    metrics.cells.offsetsStored.set(view.committedOffsets())
  })
}
