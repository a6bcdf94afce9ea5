import type { Clock } from '@streambus/base'
import type { BrokerMetrics, SeriesBudget } from '@streambus/metrics'
import type { GroupLagView } from '../coordinator/lag/lag-view.ts'
import { inTurns } from '../partition/in-turns.ts'
import type { BrokerView } from './broker-view.ts'
import { LagSeries } from './lag-series.ts'

const SLICE_MS = 5

export interface LagBinding {
  readonly view: Pick<BrokerView, 'groups' | 'committedOffsets'>
  readonly clock: Clock
  readonly groupsMax: () => number
  readonly budget: SeriesBudget
}

/** Computes before each scrape, in turns, how far every group has come. */
export function bindLag(metrics: BrokerMetrics, { view, clock, groupsMax, budget }: LagBinding): void {
  let served: readonly GroupLagView[] | null = null
  let ready: LagSeries | null = null
  metrics.beforeCollect(async () => {
    const groups = await view.groups()
    if (groups === served) return
    const series = new LagSeries(metrics.cells, { groupsMax: groupsMax(), seriesMax: budget.roomFor('groups') })
    await inTurns(clock, series.fill(groups), SLICE_MS)
    ready = series
    served = groups
    budget.serve('groups', series.seriesCount)
  })
  metrics.beforeRender(() => {
    ready?.show()
    ready = null
    metrics.cells.offsetsStored.set(view.committedOffsets())
  })
}
