import { SeededPrng, type SpawnedBroker, tempDir } from '@streambus/testkit'
import { startBroker } from './broker.ts'
import { pause } from './gate.ts'
import { Load, type TopicPlan } from './load.ts'
import { type Rig, type RigOptions, type RigReport, seconds, spread } from './rig.ts'

const CYCLES = 10
const LOAD_MS_MAX = 600
const SPAWN_MS_MAX = 500
/** About as long as an orderly stop of this load takes. */
const STOP_MS_MAX = 80

/** kill −9 leaves the page cache alone, so the relaxed flush policy promises as much here as the default. */
export const KILL_TOPICS: readonly TopicPlan[] = [
  {
    name: 'trimmed',
    partitions: 2,
    configs: { 'segment.bytes': '131072', 'flush.policy': 'synced' },
    retentionBytes: -1,
    trimAbove: 3000
  },
  {
    name: 'retained',
    partitions: 2,
    configs: { 'segment.bytes': '32768', 'flush.policy': 'synced', 'retention.bytes': '524288' },
    retentionBytes: 524_288,
    trimAbove: 0
  },
  {
    name: 'relaxed',
    partitions: 2,
    configs: { 'segment.bytes': '65536', 'flush.policy': 'os', 'flush.ms': '200', 'retention.bytes': '524288' },
    retentionBytes: 524_288,
    trimAbove: 3000
  }
]

export const KILL_CONFIG: Readonly<Record<string, string>> = {
  'log.retention.check.interval.ms': '150',
  'log.segment.delete.delay.ms': '50',
  'log.level': 'warn'
}

type Moment = 'load' | 'spawn' | 'stop'

interface Tally {
  readonly recoveryMs: number[]
  readonly moments: Record<Moment, number>
  /** Orderly stops that ended before the kill came. */
  stopsEnded: number
}

/** kill −9 at random moments under load, everything read back after each start. */
export const killRig: Rig = async options => {
  const beganMs = performance.now()
  const cycles = options.cycles ?? CYCLES
  const directory = tempDir('durability-kill')
  options.cleanup.add('data directory', () => directory.remove())
  const [broker] = await startBroker(options.cleanup, { config: KILL_CONFIG, dataDir: directory.path })
  const load = new Load({
    bootstrap: broker.bootstrap,
    seed: options.seed,
    topics: KILL_TOPICS,
    disciplines: ['idempotent', 'retrying', 'once'],
    pauseMsMax: 4
  })
  options.cleanup.add('producers', () => load.stop())
  await load.prepare()
  load.begin()
  const tally: Tally = { recoveryMs: [], moments: { load: 0, spawn: 0, stop: 0 }, stopsEnded: 0 }
  const prng = new SeededPrng(options.seed)
  let cycle = 0
  while (cycle < cycles && load.faults.isEmpty) {
    cycle++
    await killOnce(broker, load, { prng, tally })
    await checkAfterStart(broker, load, tally)
    if (cycle % 10 === 0) options.say(`kill: ${cycle} cycles, ${load.acknowledgedCount} records acknowledged`)
  }
  try {
    if (load.faults.isEmpty) await lastCheck(broker, load)
  } catch (error) {
    const refused = JSON.stringify([...load.refusals])
    const said = `${(error as Error).message}; refused: ${refused}; the broker printed:\n${broker.output.slice(-2000)}`
    load.faults.add('broker', said)
  }
  return report({ options, load, tally, cycle, beganMs, output: broker.output })
}

async function killOnce(
  broker: SpawnedBroker,
  load: Load,
  { prng, tally }: { readonly prng: SeededPrng; readonly tally: Tally }
): Promise<void> {
  const moment: Moment = prng.chance(0.6) ? 'load' : prng.chance(0.6) ? 'spawn' : 'stop'
  tally.moments[moment]++
  load.gate.open()
  const trimming = prng.chance(0.5) ? load.trim() : Promise.resolve()
  await pause(prng.below(LOAD_MS_MAX))
  if (moment === 'stop') {
    const stopping = broker.terminate()
    await pause(prng.below(STOP_MS_MAX))
    if (broker.isRunning) process.kill(broker.pid, 'SIGKILL')
    if ((await stopping) === 0) tally.stopsEnded++
  } else await broker.kill()
  await trimming
  if (moment === 'spawn') {
    // Producers find whatever part of it is there already.
    const starting = broker.start().catch(() => undefined)
    await pause(prng.below(SPAWN_MS_MAX))
    if (broker.isRunning) await broker.kill()
    await starting
  }
  load.gate.close()
}

async function checkAfterStart(broker: SpawnedBroker, load: Load, tally: Tally): Promise<void> {
  const beganMs = performance.now()
  try {
    await broker.start()
  } catch (error) {
    load.faults.add('broker', (error as Error).message)
    return
  }
  tally.recoveryMs.push(performance.now() - beganMs)
  try {
    await load.check()
  } catch (error) {
    load.faults.add('broker', `${(error as Error).message}; it printed:\n${broker.output.slice(-2000)}`)
  }
}

/** Everything owed is delivered, and is there after an orderly stop. */
async function lastCheck(broker: SpawnedBroker, load: Load): Promise<void> {
  await load.drain()
  load.gate.close()
  await load.check()
  const code = await broker.terminate()
  if (code !== 0) load.faults.add('broker', `an orderly stop ended with ${code}: ${broker.output.slice(-1000)}`)
  await broker.start()
  await load.check()
}

function report(run: {
  readonly options: RigOptions
  readonly load: Load
  readonly tally: Tally
  readonly cycle: number
  readonly beganMs: number
  readonly output: string
}): RigReport {
  const { load, tally, cycle } = run
  const { moments, recoveryMs } = tally
  const lines = [
    `${cycle} cycles (${moments.load} under load, ${moments.spawn} after spawn, ${moments.stop} during a stop, ` +
      `${tally.stopsEnded} of which was quicker), ` +
      `${load.acknowledgedCount} records acknowledged, ${load.readCount} read back, ${seconds(run.beganMs)}`,
    `start after a kill until ready: ${spread(recoveryMs)}`,
    ...load.faults.lines()
  ]
  const fewest = cycle * 20
  if (!load.faults.isEmpty) return { verdict: 'failed', lines }
  if (load.acknowledgedCount < fewest) return { verdict: 'invalid', lines: [...lines, `fewer than ${fewest} records`] }
  return { verdict: 'passed', lines }
}
