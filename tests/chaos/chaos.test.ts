import { describe, expect, test } from 'vitest'
import { bigAnnouncements, percentile, scarceDescriptors } from './scenarios.ts'

// Bounds leave room for a loaded machine: a starved client waits for seconds, or for ever.
const SLOWEST_MS_MAX = 2000
const MEDIAN_MS_MAX = 200

describe('hostile clients', () => {
  test('200 connections that announce 90 MB each do not starve the others', async () => {
    const outcome = await bigAnnouncements({ connections: 200, sentBytes: 64 * 1024, watchMs: 1000 })
    expect(outcome).toMatchObject({ isAlive: true, servesNewcomers: true })
    expect(percentile(outcome.latenciesMs, 0.5)).toBeLessThan(MEDIAN_MS_MAX)
    expect(percentile(outcome.latenciesMs, 1)).toBeLessThan(SLOWEST_MS_MAX)
    // What was sent is 12.5 MiB; what was announced would be 17 GiB.
    expect(outcome.residentGrowthBytes).toBeLessThan(128 * 2 ** 20)
  })

  test('400 connections at a limit of 256 descriptors: those who are there go on', async () => {
    const outcome = await scarceDescriptors({ descriptors: 256, connections: 400, watchMs: 1000 })
    expect(outcome).toMatchObject({ isAlive: true, servesNewcomers: true })
    expect(percentile(outcome.latenciesMs, 1)).toBeLessThan(SLOWEST_MS_MAX)
    expect(outcome.keptConnections).toBeLessThan(256)
  })
})
