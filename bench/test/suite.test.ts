import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Figures, table } from '../figures.ts'
import { runSuite, TINY } from '../suite.ts'
import { ceilingSystem, type System } from '../systems.ts'

/**
 * Every bench at tiny size, so that it cannot rot. Nothing here is a timing: only that all of it moved and was found
 * right.
 */
describe('the suite at tiny size', () => {
  const systems: System[] = []

  beforeAll(async () => {
    systems.push(await ceilingSystem('ceiling', { checksum: false, sync: false }, 'here'))
    systems.push(await ceilingSystem('ceiling, synced', { checksum: true, sync: true }, 'here'))
  })

  afterAll(async () => {
    for (const system of systems) await system.close()
  })

  test('measures every figure for every system', async () => {
    const seen: string[] = []
    const figures: Figures = await runSuite(systems, { sizes: TINY, only: '', progress: line => seen.push(line) })
    const names = new Set([...figures.values()].map(figure => figure.name))
    // 2 sizes × 2 connection counts × 3 acks, and fetch without the acks; 4 kinds of latency in three quantiles.
    expect([...names].filter(name => name.startsWith('produce'))).toHaveLength(12)
    expect([...names].filter(name => name.startsWith('fetch'))).toHaveLength(4)
    expect([...names].filter(name => name.startsWith('latency'))).toHaveLength(9)
    for (const { samples, name } of figures.values()) {
      expect(samples.length, name).toBe(1)
      expect(
        samples.every(sample => sample > 0),
        name
      ).toBe(true)
    }
    expect(table(figures, 'ceiling')).toContain('produce acks=all 10 KiB ×3')
    expect(seen.at(-1)).toContain('repeat 1/1')
  })
})
