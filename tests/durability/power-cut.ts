import fs from 'node:fs'
import path from 'node:path'
import { SeededPrng, type SpawnedBroker } from '@streambus/testkit'
import { startBroker } from './broker.ts'
import { pause } from './gate.ts'
import { KILL_CONFIG, KILL_TOPICS } from './kill.ts'
import { Load } from './load.ts'
import { LoopDisk, obstacle, writeBack } from './mounts.ts'
import { type Rig, type RigOptions, type RigReport, seconds, spread } from './rig.ts'

const CYCLES = 10
const RELAXED_CYCLES_MIN = 3
const DISK_BYTES = 512 << 20
const LOAD_MS_MAX = 700
const SPAWN_MS_MAX = 400
/** Producers send all the time, so a broker without a disk notices within a few syncs. */
const SELF_END_MS_MAX = 5000
const PAGE_BYTES = 4096
/** How far behind the end pages are written back: with the default policy little is ever unsynced. */
const PAGES_BACK = 8
const PAGES_BACK_RELAXED = 256
/** Enough for whole batches, so that some come after a hole. */
const PAGES_AT_ONCE = 12

const SYNCED_TOPICS = KILL_TOPICS.filter(({ configs }) => configs['flush.policy'] === 'synced')

interface System {
  readonly disk: LoopDisk
  readonly broker: SpawnedBroker
  readonly prng: SeededPrng
}

interface Tally {
  readonly recoveryMs: number[]
  cuts: number
  cutsAtStart: number
  endedItself: number
  /** Cuts after which a start kept a torn end aside. */
  torn: number
}

/** ext4 on a loop device, shut down under load: what was acknowledged is there after the next mount. */
export const powerCutRig: Rig = async options => {
  const reason = obstacle(['mount', 'umount', 'mkfs.ext4', 'xfs_io'], true)
  if (reason !== null) return { verdict: 'skipped', lines: [reason] }
  const beganMs = performance.now()
  const disk = new LoopDisk(DISK_BYTES, options.cleanup)
  const [broker] = await startBroker(options.cleanup, { config: KILL_CONFIG, dataDir: `${disk.path}/data` })
  const system = { disk, broker, prng: new SeededPrng(options.seed) }
  const tally: Tally = { recoveryMs: [], cuts: 0, cutsAtStart: 0, endedItself: 0, torn: 0 }
  const losses = await relaxedCuts(system, options, tally)
  if (!Array.isArray(losses)) return losses
  const load = newLoad(system, options, SYNCED_TOPICS)
  options.cleanup.add('producers', () => load.stop())
  await load.prepare()
  load.begin()
  const cycles = options.cycles ?? CYCLES
  for (let cycle = 1; cycle <= cycles && load.faults.isEmpty; cycle++) {
    await cutUnderLoad(system, load, tally)
    if (system.prng.chance(0.25)) await cutAtStart(system, tally)
    await checkAfterCut(system, load, tally)
    if (cycle % 10 === 0) options.say(`power-cut: ${cycle} cycles, ${load.acknowledgedCount} records acknowledged`)
  }
  return report({ load, tally, losses, beganMs })
}

/**
 * The same cut with flush.policy=os, where the whole active segment is at stake: acknowledged records may go, but only
 * from the end, and what is left must be as it was sent. A topic of its own each time, for what is lost cannot be owed.
 * Returns how many records each cut lost; when none lost any, the cut does not cut.
 */
async function relaxedCuts(system: System, options: RigOptions, tally: Tally): Promise<number[] | RigReport> {
  const losses: number[] = []
  const cycles = Math.max(RELAXED_CYCLES_MIN, Math.ceil((options.cycles ?? CYCLES) / 3))
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const configs = { 'flush.policy': 'os', 'segment.bytes': '1048576' }
    const load = newLoad(system, options, [
      { name: `relaxed-${cycle}`, partitions: 3, configs, retentionBytes: -1, trimAbove: 0 }
    ])
    await load.prepare()
    load.begin()
    load.gate.open()
    await pause(100 + system.prng.below(400))
    if (system.prng.chance(0.8)) scatter(system.disk, system.prng, { pagesBack: PAGES_BACK_RELAXED, picks: 20 })
    system.disk.cut({ commitsJournal: system.prng.chance(0.7) })
    tally.cuts++
    if (system.broker.isRunning) await system.broker.kill()
    load.gate.close()
    await load.stop()
    system.disk.remount()
    await checkAfterCut(system, load, tally)
    // The ledger names a lost record twice: by its offset and by its producer.
    losses.push(Math.ceil(load.faults.take('lost') / 2))
    // What a start has accepted and shown to a reader must outlive the next cut, whoever synced it before.
    if (load.faults.isEmpty && system.prng.chance(0.6)) await cutIdle(system, load, tally)
    const { faults } = load
    if (!faults.isEmpty) return { verdict: 'failed', lines: ['flush.policy=os, besides loss:', ...faults.lines()] }
    await load.remove()
  }
  if (losses.some(count => count > 0)) return losses
  return { verdict: 'invalid', lines: [`with flush.policy=os ${cycles} cuts lost nothing: the cut does not cut`] }
}

function newLoad({ broker }: System, { seed }: RigOptions, topics: typeof KILL_TOPICS): Load {
  return new Load({
    bootstrap: broker.bootstrap,
    seed,
    topics,
    disciplines: ['idempotent', 'retrying', 'once'],
    pauseMsMax: 4
  })
}

async function cutUnderLoad({ disk, broker, prng }: System, load: Load, tally: Tally): Promise<void> {
  load.gate.open()
  const trimming = prng.chance(0.5) ? load.trim() : Promise.resolve()
  await pause(prng.below(LOAD_MS_MAX))
  if (prng.chance(0.6)) scatter(disk, prng, { pagesBack: PAGES_BACK, picks: 4 })
  disk.cut({ commitsJournal: prng.chance(0.5) })
  tally.cuts++
  if (prng.chance(0.3)) await untilItEnds(broker, load, tally)
  else await pause(prng.below(30))
  if (broker.isRunning) await broker.kill()
  await trimming
  load.gate.close()
  disk.remount()
}

/** A broker whose disk is gone must not stay and look alive. */
async function untilItEnds(broker: SpawnedBroker, load: Load, tally: Tally): Promise<void> {
  const deadlineMs = performance.now() + SELF_END_MS_MAX
  while (broker.isRunning && performance.now() < deadlineMs) await pause(5)
  if (broker.isRunning) load.faults.add('broker', `was alive ${SELF_END_MS_MAX} ms after its disk was gone`)
  else tally.endedItself++
}

/** Some pages of the ends of some logs reach the disk, others do not: write-back knows no order. */
function scatter(disk: LoopDisk, prng: SeededPrng, how: { readonly pagesBack: number; readonly picks: number }): void {
  for (const file of activeLogs(`${disk.path}/data`)) {
    if (prng.chance(0.4)) continue
    const pages = Math.ceil(fs.statSync(file).size / PAGE_BYTES)
    const ranges = Array.from({ length: 1 + prng.below(how.picks) }, () => ({
      at: Math.max(0, pages - 1 - prng.below(how.pagesBack)) * PAGE_BYTES,
      bytes: (1 + prng.below(PAGES_AT_ONCE)) * PAGE_BYTES
    }))
    try {
      writeBack(file, ranges)
    } catch {
      // Rolled and deleted since it was listed.
    }
  }
}

function activeLogs(directory: string): string[] {
  const partitions = fs.readdirSync(directory, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return partitions.flatMap(({ name }) => {
    const logs = fs.readdirSync(path.join(directory, name)).filter(file => file.endsWith('.log'))
    const last = logs.sort().at(-1)
    return last === undefined || name.startsWith('__') ? [] : [path.join(directory, name, last)]
  })
}

/** Recovery itself loses its power. */
async function cutAtStart({ disk, broker, prng }: System, tally: Tally): Promise<void> {
  const starting = broker.start().catch(() => undefined)
  await pause(prng.below(SPAWN_MS_MAX))
  disk.cut({ commitsJournal: prng.chance(0.5) })
  tally.cuts++
  tally.cutsAtStart++
  if (broker.isRunning) await broker.kill()
  await starting
  disk.remount()
}

async function cutIdle(system: System, load: Load, tally: Tally): Promise<void> {
  system.disk.cut({ commitsJournal: system.prng.chance(0.5) })
  tally.cuts++
  if (system.broker.isRunning) await system.broker.kill()
  system.disk.remount()
  await checkAfterCut(system, load, tally)
}

async function checkAfterCut({ disk, broker }: System, load: Load, tally: Tally): Promise<void> {
  const beganMs = performance.now()
  try {
    const before = keptAside(disk)
    await broker.start()
    tally.recoveryMs.push(performance.now() - beganMs)
    if ([...keptAside(disk)].some(name => !before.has(name))) tally.torn++
    await load.check()
  } catch (error) {
    load.faults.add('broker', `${(error as Error).message}; it printed:\n${broker.output.slice(-2000)}`)
  }
}

/** What earlier starts cut off although whole batches were in it, and kept. */
function keptAside(disk: LoopDisk): Set<string> {
  const names = fs.readdirSync(`${disk.path}/data`, { recursive: true, encoding: 'utf8' })
  return new Set(names.filter(name => name.endsWith('.torn')))
}

function report(run: {
  readonly load: Load
  readonly tally: Tally
  readonly losses: readonly number[]
  readonly beganMs: number
}): RigReport {
  const { load, tally, losses } = run
  const lines = [
    `${tally.cuts} cuts, ${tally.cutsAtStart} of them during a start; ${load.acknowledgedCount} records acknowledged, ` +
      `${load.readCount} read back, ${seconds(run.beganMs)}`,
    `start after a cut until ready: ${spread(tally.recoveryMs)}; ${tally.torn} starts kept a torn end aside; ` +
      `${tally.endedItself} times the broker was left to end itself, and did`,
    `guard: with flush.policy=os ${losses.length} cuts lost ${losses.join(', ')} acknowledged records, all from the end`,
    ...load.faults.lines()
  ]
  return { verdict: load.faults.isEmpty ? 'passed' : 'failed', lines }
}
