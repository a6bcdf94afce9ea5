import { bigAnnouncements, type Outcome, percentile, scarceDescriptors } from './scenarios.ts'

// The same scenarios as in the tests, longer and with more bytes, one line each.

const SLOWEST_MS_MAX = 2000

const RUNS: Readonly<Record<string, () => Promise<Outcome>>> = {
  '200 × 90 MB announced, 64 KB sent': () =>
    bigAnnouncements({ connections: 200, sentBytes: 64 * 1024, watchMs: 10_000 }),
  '200 × 90 MB announced, 4 MB sent': () => bigAnnouncements({ connections: 200, sentBytes: 4 << 20, watchMs: 10_000 }),
  '400 connections, 256 descriptors': () => scarceDescriptors({ descriptors: 256, connections: 400, watchMs: 10_000 })
}

let failures = 0
for (const [name, run] of Object.entries(RUNS)) {
  const outcome = await run()
  const { latenciesMs, residentGrowthBytes, keptConnections, isAlive, servesNewcomers } = outcome
  const slowestMs = percentile(latenciesMs, 1)
  const isFine = isAlive && servesNewcomers && slowestMs < SLOWEST_MS_MAX
  if (!isFine) failures++
  const memoryMib = (residentGrowthBytes / 2 ** 20).toFixed(0)
  const state = `${isAlive ? 'alive' : 'DEAD'}, newcomers ${servesNewcomers ? '' : 'not '}served`
  const milliseconds = (share: number): string => percentile(latenciesMs, share).toFixed(1)
  console.log(
    `${isFine ? 'ok  ' : 'FAIL'} ${name}: ${latenciesMs.length} round trips, p50 ${milliseconds(0.5)} ms, ` +
      `p99 ${milliseconds(0.99)} ms, slowest ${milliseconds(1)} ms; memory +${memoryMib} MiB, ` +
      `${keptConnections} connections kept, ${state}`
  )
}
process.exitCode = failures === 0 ? 0 : 1
