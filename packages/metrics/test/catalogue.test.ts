import { describe, expect, it } from 'vitest'
import { buckets, spellBound } from '../src/buckets.ts'
import { catalogue } from '../src/catalogue.ts'
import type { Definition } from '../src/definition.ts'
import { SEED_METRICS } from './support/seed-metrics.ts'

// Nothing feeds those of groups yet, so nobody is shown them.
const definitions: readonly Definition[] = Object.values(catalogue)

describe('catalogue', () => {
  it('declares each name once', () => {
    const names = definitions.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('holds the 44 metrics of the monitoring guide with their types, and no other as seed', () => {
    const seed = definitions.filter(({ stability }) => stability === 'seed')
    expect(seed.map(({ name, type }) => `${name} ${type}`)).toEqual(
      SEED_METRICS.map(({ name, type }) => `${name} ${type}`)
    )
    expect(seed).toHaveLength(44)
  })

  it('labels no seed metric but the consumer group lag', () => {
    const labelled = definitions.filter(({ stability, labels }) => stability === 'seed' && labels.length > 0)
    expect(labelled.map(({ name, labels }) => [name, ...labels])).toEqual([['streambus_consumer_group_lag', 'group']])
  })

  it('gives the five contract histograms exactly the buckets of the guide', () => {
    const sets = definitions
      .filter(({ stability, type }) => stability === 'seed' && type === 'histogram')
      .map(d => d.buckets)
    expect(sets).toEqual(Array.from({ length: 5 }, () => 'seedSeconds'))
    const spelled = buckets.seedSeconds.map(spellBound)
    expect(spelled).toEqual(['0.001', '0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1.0', '2.5', '5.0'])
  })

  it('keeps bounds ascending', () => {
    for (const bounds of Object.values(buckets)) {
      expect([...bounds].toSorted((a, b) => a - b)).toEqual([...bounds])
      expect(new Set(bounds).size).toBe(bounds.length)
    }
  })

  it('names units as suffixes, ends counters in _total, and takes no label that belongs to the scraper', () => {
    const stem = (name: string): string => name.replace(/_total$/, '')
    for (const { name, type, unit, labels, help } of definitions) {
      if (unit !== null) expect(stem(name), name).toMatch(new RegExp(`_${unit}$`))
      if (type === 'counter') expect(name).toMatch(/_total$/)
      for (const label of labels) expect(['job', 'instance', 'le', 'quantile', 'cluster'], name).not.toContain(label)
      expect(help, name).toMatch(/\.$/)
      expect(help, name).not.toContain('\n')
    }
  })

  it('has a correctly named twin for each of the six gauges that end in _total', () => {
    const names = new Set(definitions.map(({ name }) => name))
    const sinners = definitions
      .filter(({ name, type }) => type !== 'counter' && name.endsWith('_total'))
      .map(d => d.name)
    expect(sinners).toHaveLength(6)
    for (const name of sinners) expect(names).toContain(name.replace(/_total$/, ''))
  })
})
