import fs from 'node:fs'
import type { SpawnedBroker } from '@streambus/testkit'
import { startBroker } from './broker.ts'
import { Cleanup } from './cleanup.ts'
import { pause, until } from './gate.ts'
import { Load, type TopicPlan } from './load.ts'
import { mountTmpfs, obstacle } from './mounts.ts'
import { type Rig, type RigOptions, seconds, spread } from './rig.ts'

/** Every remedy with the watch of free space, and without it. */
const CYCLES = 6
const DISK_BYTES = 32 << 20
/** Belongs to the rig, as any other file on the disk would. */
const FOREIGN_BYTES = 8 << 20
const FILL_MS_MAX = 60_000
const BACK_MS_MAX = 30_000
const REFUSALS = 30
/** Records that show that service is back. */
const BACK_RECORDS = 500
const STORAGE_ERROR = 'KAFKA_STORAGE_ERROR'
const CONFIG = {
  'log.retention.check.interval.ms': '200',
  'log.segment.delete.delay.ms': '50',
  'log.level': 'warn'
}
/** Producers are refused by the disk itself, not before it is full. */
const UNWATCHED = { ...CONFIG, 'log.dir.free.refuse.bytes': '0', 'log.dir.free.warn.bytes': '0' }

/** How room is made again; each cycle takes the next. */
const REMEDIES = ['a foreign file goes', 'DeleteRecords', 'a topic is deleted'] as const
type Remedy = (typeof REMEDIES)[number]

interface System {
  readonly broker: SpawnedBroker
  readonly load: Load
  /** Fills the disk beside the others when its topic is to be deleted. */
  readonly filler: Load
  readonly foreignFile: string
}

function topic(name: string): TopicPlan {
  const configs = { 'flush.policy': 'synced', 'segment.bytes': '262144' }
  return { name, partitions: 2, configs, retentionBytes: -1, trimAbove: 0 }
}

/** A tmpfs that fills up: writes are refused by name, reads go on, and room brings service back. */
export const fullDiskRig: Rig = async options => {
  const reason = obstacle(['mount', 'umount'], true)
  if (reason !== null) return { verdict: 'skipped', lines: [reason] }
  const beganMs = performance.now()
  const lines: string[] = []
  const backMs: number[] = []
  let acknowledged = 0
  let refused = 0
  const cycles = options.cycles ?? CYCLES
  for (let cycle = 0; cycle < cycles; cycle++) {
    const remedy = REMEDIES[cycle % REMEDIES.length] as Remedy
    const isWatched = cycle % (2 * REMEDIES.length) < REMEDIES.length
    const found = await fillOnce(remedy, isWatched, { ...options, seed: options.seed + cycle })
    const name = isWatched ? remedy : `${remedy}, to the last byte`
    lines.push(...found.faults.map(text => `cycle ${cycle + 1}, ${name}: ${text}`))
    acknowledged += found.acknowledgedCount
    refused += found.refusedCount
    if (!Number.isNaN(found.backMs)) backMs.push(found.backMs)
    if (found.faults.length === 0) options.say(`full-disk: ${name}: back after ${found.backMs.toFixed(0)} ms`)
  }
  lines.push(...(await fillOneOfTwo(options)).map(text => `one of two log.dirs: ${text}`))
  const verdict = lines.length > 0 ? 'failed' : 'passed'
  lines.unshift(
    `${cycles} disks filled, ${acknowledged} records acknowledged, ${refused} times ${STORAGE_ERROR}, ${seconds(beganMs)}`,
    `room until ${BACK_RECORDS} records more: ${spread(backMs)}`
  )
  return { verdict, lines }
}

interface Found {
  readonly faults: readonly string[]
  readonly acknowledgedCount: number
  readonly refusedCount: number
  readonly backMs: number
}

async function fillOnce(remedy: Remedy, isWatched: boolean, options: RigOptions): Promise<Found> {
  const { seed, cleanup: outer } = options
  const cleanup = new Cleanup()
  outer.throwIfOver()
  const undo = outer.add('one full disk', () => cleanup.run())
  const home = mountTmpfs(DISK_BYTES, cleanup)
  const foreignFile = `${home}/foreign`
  fs.writeFileSync(foreignFile, Buffer.alloc(FOREIGN_BYTES))
  const [broker] = await startBroker(cleanup, { config: isWatched ? CONFIG : UNWATCHED, dataDir: `${home}/data` })
  const loads = ['kept', 'filler'].map((name, index) => {
    const load = new Load({
      bootstrap: broker.bootstrap,
      seed: seed + index * 1000,
      topics: [topic(name)],
      disciplines: ['idempotent', 'retrying', 'once'],
      pauseMsMax: 2
    })
    cleanup.add('producers', () => load.stop())
    return load
  })
  const [load, filler] = loads as [Load, Load]
  for (const each of loads) {
    await each.prepare()
    each.begin()
  }
  const system = { broker, load, filler, foreignFile }
  let backMs = Number.NaN
  try {
    await fill(system, remedy)
    await readWhileFull(system, seed)
    backMs = await makeRoom(system, remedy)
    await lastCheck(system)
  } catch (error) {
    load.faults.add(
      'broker',
      `${(error as Error).message.split('; it printed:')[0]}; it printed last:\n${broker.output.slice(-800)}`
    )
  }
  const refusedCount = load.refusals.get(STORAGE_ERROR) ?? 0
  const faults = [...load.faults.lines(), ...filler.faults.lines()]
  const acknowledgedCount = load.acknowledgedCount + filler.acknowledgedCount
  await undo()
  return { faults, acknowledgedCount, refusedCount, backMs }
}

/** Something else fills one log directory, the one with the metadata: the other stays in service, and then both are. */
async function fillOneOfTwo({ seed, cleanup: outer }: RigOptions): Promise<readonly string[]> {
  const cleanup = new Cleanup()
  outer.throwIfOver()
  const undo = outer.add('one of two full disks', () => cleanup.run())
  const homes = [mountTmpfs(DISK_BYTES, cleanup), mountTmpfs(8 * DISK_BYTES, cleanup)]
  const config = { ...UNWATCHED, 'log.dirs': homes.map(home => `${home}/data`).join(',') }
  const [broker] = await startBroker(cleanup, { config })
  const load = new Load({
    bootstrap: broker.bootstrap,
    seed,
    topics: [topic('both')],
    disciplines: ['idempotent', 'retrying', 'once'],
    pauseMsMax: 10
  })
  cleanup.add('producers', () => load.stop())
  await load.prepare()
  load.begin()
  try {
    await serveBeside(broker, load, `${homes[0]}/foreign`)
  } catch (error) {
    load.faults.add('broker', `${(error as Error).message}; it printed last:\n${broker.output.slice(-800)}`)
  }
  await undo()
  return load.faults.lines()
}

async function serveBeside(broker: SpawnedBroker, load: Load, foreignFile: string): Promise<void> {
  const isServed = async (what: string): Promise<void> => {
    const before = load.acknowledgedCount
    await until(what, FILL_MS_MAX, () => load.acknowledgedCount >= before + BACK_RECORDS || !broker.isRunning)
    if (!broker.isRunning) throw new Error(`the broker ended; ${what}`)
  }
  load.gate.open()
  await isServed('both directories are served')
  fillUp(foreignFile)
  await until('the full directory refuses', FILL_MS_MAX, () => refusalsOf(load) >= REFUSALS || !broker.isRunning)
  await isServed('the other directory is served')
  await hold(load)
  await load.check()
  await broker.kill()
  await broker.start()
  load.gate.open()
  await isServed('the other directory is served after a kill')
  await hold(load)
  await load.check()
  fs.rmSync(foreignFile)
  await load.drain()
  await hold(load)
  await load.check()
}

/** Nothing is left of the disk that the file is on. */
function fillUp(file: string): void {
  const fd = fs.openSync(file, 'w')
  try {
    for (const bytes of [1 << 20, 1 << 12]) {
      try {
        while (fs.writeSync(fd, Buffer.alloc(bytes)) === bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  } finally {
    fs.closeSync(fd)
  }
}

const refusalsOf = (load: Load): number => load.refusals.get(STORAGE_ERROR) ?? 0

async function fill({ broker, load, filler }: System, remedy: Remedy): Promise<void> {
  load.gate.open()
  if (remedy === 'a topic is deleted') filler.gate.open()
  await until(
    `${REFUSALS} times ${STORAGE_ERROR}`,
    FILL_MS_MAX,
    () => refusalsOf(load) >= REFUSALS || !broker.isRunning
  )
  if (!broker.isRunning) throw new Error('the broker ended on the full disk')
  if (!broker.output.includes('"event":"disk_full"'))
    load.faults.add('broker', 'the log does not say that the disk is full')
  await hold(load, filler)
}

/** No producer sends; what was under way is answered. */
async function hold(...loads: readonly Load[]): Promise<void> {
  for (const { gate } of loads) gate.close()
  await pause(300)
}

/** Readers are served on the full disk, also by a broker that was killed on it and one that was stopped. */
async function readWhileFull({ broker, load }: System, seed: number): Promise<void> {
  await load.check()
  if (seed % 2 === 0) await broker.kill()
  else {
    const code = await broker.terminate()
    if (code !== 0) load.faults.add('broker', `an orderly stop on the full disk ended with ${code}`)
  }
  await broker.start()
  await load.check()
  const before = refusalsOf(load)
  load.gate.open()
  await until('the full disk refuses again', FILL_MS_MAX, () => refusalsOf(load) > before || !broker.isRunning)
  if (!broker.isRunning) throw new Error('the broker ended on the full disk after its restart')
  await hold(load)
  await load.check()
  await broker.kill()
  await broker.start()
  await load.check()
}

/** Milliseconds until records are taken again. */
async function makeRoom({ load, filler, foreignFile }: System, remedy: Remedy): Promise<number> {
  const beganMs = performance.now()
  const before = load.acknowledgedCount
  load.gate.open()
  if (remedy === 'a foreign file goes') fs.rmSync(foreignFile)
  else if (remedy === 'DeleteRecords') await load.clear()
  else {
    await filler.stop()
    await filler.remove()
  }
  await until('service comes back', BACK_MS_MAX, () => load.acknowledgedCount >= before + BACK_RECORDS)
  return performance.now() - beganMs
}

async function lastCheck({ broker, load }: System): Promise<void> {
  await load.drain()
  await hold(load)
  await load.check()
  const code = await broker.terminate()
  if (code !== 0) load.faults.add('broker', `an orderly stop ended with ${code}`)
  await broker.start()
  await load.check()
}
