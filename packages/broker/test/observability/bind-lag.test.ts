import type { Clock } from '@streambus/base'
import { createBrokerMetrics, OVERFLOW_LABEL, SeriesBudget } from '@streambus/metrics'
import { expect, test } from 'vitest'
import type { GroupLagView } from '../../src/coordinator/lag/lag-view.ts'
import { bindLag } from '../../src/observability/bind-lag.ts'
import { LagSeries } from '../../src/observability/lag-series.ts'
import { BusyClock } from '../busy-clock.ts'
import { FakeBrokerView, groupLag } from './fake-broker-view.ts'
import { ManualClock } from './manual-clock.ts'

const MANY = 1_000_000

function setup(options: { groupsMax?: number; lagSeries?: number; clock?: Clock } = {}) {
  const metrics = createBrokerMetrics()
  const view = new FakeBrokerView()
  const { groupsMax = 500, lagSeries = MANY } = options
  const others = metrics.seriesCount()
  const budget = new SeriesBudget(metrics, () => others + lagSeries)
  bindLag(metrics, { view, clock: options.clock ?? new ManualClock(), groupsMax: () => groupsMax, budget })
  return { metrics, view, cells: metrics.cells }
}

/** A group with its lag in one topic: so many records in each of its partitions, each as many seconds behind. */
function group(id: string, lags: readonly (number | null)[], change: Partial<GroupLagView> = {}): GroupLagView {
  const base = groupLag(id)
  const partitions = lags.map((seconds, partition) => {
    const lag = seconds ?? 0
    return { ...base.partitions[0], partition, lag, lagSeconds: seconds, headroomSeconds: 1_000 - lag }
  }) as GroupLagView['partitions']
  const lag = lags.reduce<number>((sum, each) => sum + (each ?? 0), 0)
  const lagSeconds = lags.includes(null) ? null : Math.max(...(lags as number[]))
  return { ...base, partitions, lag, lagSeconds, ...change }
}

function sum(family: { children(): Iterable<{ readonly cell: { readonly value: number } }> }): number {
  let total = 0
  for (const { cell } of family.children()) total += cell.value
  return total
}

test('those with the most lag have series of their own; the others are added up, the worst of them told', async () => {
  const { metrics, view, cells } = setup({ groupsMax: 2 })
  view.groupLags = [
    group('a', [5], { memberCount: 3 }),
    group('b', [70, 1]),
    group('c', [7, 9], { status: 'STALL', memberCount: 2 }),
    group('d', [20]),
    group('e', [null])
  ]
  await metrics.render()
  expect([...cells.consumerGroupLag.children()].map(({ labels, cell }) => [labels['group'], cell.value])).toEqual([
    ['b', 71],
    ['d', 20],
    [OVERFLOW_LABEL, 21]
  ])
  expect(cells.consumerGroupLagSeconds.child(OVERFLOW_LABEL).value).toBe(9)
  expect(cells.consumerGroupStatus.child(OVERFLOW_LABEL, 'STALL').value).toBe(1)
  expect(cells.consumerGroupStatus.child(OVERFLOW_LABEL, 'OK').value).toBe(0)
  const other = [OVERFLOW_LABEL, OVERFLOW_LABEL] as const
  expect(cells.consumerGroupTopicLag.child(...other).value).toBe(21)
  expect(cells.consumerGroupTopicLagSeconds.child(...other).value).toBe(9)
  expect(cells.consumerGroupRetentionHeadroom.child(...other).value).toBe(991)
  expect(cells.consumerGroupPartitionLag.child(...other, OVERFLOW_LABEL).value).toBe(21)
  for (const family of [cells.consumerGroupLag, cells.consumerGroupTopicLag, cells.consumerGroupPartitionLag]) {
    expect(sum(family)).toBe(112)
  }
  expect([cells.consumerGroupsTotal.value, cells.consumerGroupMembersTotal.value]).toEqual([5, 8])
  expect(sum(cells.consumerGroupMembers)).toBe(8)
  expect(sum(cells.consumerGroups)).toBe(5)
  expect(cells.metricsSeriesDropped.child('streambus_consumer_group_lag').value).toBe(3)
  expect(cells.metricsSeriesDropped.child('streambus_consumer_group_partition_lag').value).toBe(4)
})

test('topics, and partitions behind them, have series while there is room; groups always', () => {
  const shown = (seriesMax: number): number[] => {
    const { cells } = createBrokerMetrics()
    const series = new LagSeries(cells, { groupsMax: 500, seriesMax })
    for (const _step of series.fill(['a', 'b', 'c'].map(id => group(id, [4, 2]))));
    series.show()
    const { consumerGroupLag, consumerGroupTopicLag, consumerGroupPartitionLag } = cells
    return [consumerGroupLag, consumerGroupTopicLag, consumerGroupPartitionLag].map(family => {
      expect(sum(family)).toBe(18)
      return [...family.children()].filter(({ labels }) => labels['group'] !== OVERFLOW_LABEL).length
    })
  }
  expect(shown(-100)).toEqual([3, 0, 0])
  expect(shown(27 + 1)).toEqual([3, 0, 0])
  expect(shown(27 + 6)).toEqual([3, 2, 0])
  expect(shown(27 + 9 + 5)).toEqual([3, 3, 2])
  expect(shown(MANY)).toEqual([3, 3, 6])
})

test('the limit is that of all metrics together, scrape after scrape', async () => {
  const { metrics, view } = setup({ lagSeries: 60 })
  const seriesMax = metrics.seriesCount() + 60
  for (let scrape = 0; scrape < 3; scrape++) {
    view.groupLags = ['a', 'b', 'c'].map(id => group(id, Array(20).fill(1)))
    await metrics.render()
    // Each family has room for one more, that of the rest.
    expect(metrics.seriesCount()).toBeLessThanOrEqual(seriesMax + 11)
    expect(metrics.seriesCount()).toBeGreaterThan(seriesMax - 5)
  }
})

test('of a topic with a partition that is not known now no age is told', async () => {
  const { metrics, view, cells } = setup()
  view.groupLags = [group('a', [4, null])]
  await metrics.render()
  expect(cells.consumerGroupTopicLag.child('a', 't').value).toBe(4)
  expect([cells.consumerGroupLagSeconds.size, cells.consumerGroupTopicLagSeconds.size]).toEqual([0, 0])
})

test('series are made over several turns, and those before are served until all are there', async () => {
  const clock = new BusyClock(new ManualClock())
  const { metrics, view, cells } = setup({ clock })
  view.groupLags = [group('old', [1])]
  const before = metrics.render()
  await new Promise(setImmediate)
  clock.turns()
  await before
  view.groupLags = Array.from({ length: 100 }, (_, i) => group(`g${i}`, [i]))
  let text: string | null = null
  const rendered = metrics.render().then(done => (text = done))
  await new Promise(setImmediate)
  let turns = 0
  for (; text === null; turns++) {
    expect([...cells.consumerGroupLag.children()].map(({ labels }) => labels['group'])).toEqual(['old'])
    clock.turn()
    await new Promise(setImmediate)
  }
  expect(turns).toBeGreaterThan(10)
  expect(await rendered).not.toContain('group="old"')
  expect(cells.consumerGroupLag.size).toBe(100)
})

test('what has not changed since the last scrape is not made again', async () => {
  const { metrics, view, cells } = setup({ groupsMax: 1 })
  view.groupLags = [group('a', [1]), group('b', [0])]
  await metrics.render()
  const cell = cells.consumerGroupLag.child('a')
  await metrics.render()
  expect(cells.consumerGroupLag.child('a')).toBe(cell)
  expect(cells.consumerGroupLag.droppedCount).toBe(1)
})
