import { expect, test } from 'vitest'
import type { Figures } from '../figures.ts'
import { TINY } from '../scrape/fill.ts'
import { measureScrapes } from '../scrape/measure.ts'
import { WatchedBroker } from '../scrape/watched-broker.ts'

test('scrapes of a small broker are timed, and the turns of its event loop are seen', async () => {
  const figures: Figures = new Map()
  const broker = await WatchedBroker.start({ STREAMBUS_METRICS_SERIES_MAX: '1000000' })
  try {
    const { loop } = await broker.watch(() => new Promise(resolve => setTimeout(resolve, 50)))
    expect(loop.turns).toBeGreaterThan(100)
    const { series, bytes } = await measureScrapes(broker, { sizes: TINY, repeats: 1 }, figures)
    expect(series).toBeGreaterThan(1_000)
    expect(bytes).toBeGreaterThan(series * 20)
  } finally {
    await broker.discard()
  }
  const systems = [...figures.values()].filter(({ name }) => name === 'longest turn').map(({ system }) => system)
  expect(systems).toEqual(['first', 'text', 'openmetrics', 'no scrape'])
}, 60_000)
