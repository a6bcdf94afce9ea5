import fs from 'node:fs'
import path from 'node:path'
import { readBaseOffset, readLastOffset, walkBatches } from '@streambus/protocol/records'
import { SeededPrng, type SpawnedBroker, tempDir } from '@streambus/testkit'
import { startBroker } from './broker.ts'
import type { Cleanup } from './cleanup.ts'
import { type Acknowledgement, earlyAcknowledgements, syncsAfterFailure } from './coverage.ts'
import { pause } from './gate.ts'
import { Load, type TopicPlan } from './load.ts'
import { obstacle } from './mounts.ts'
import type { Place } from './reader.ts'
import { type Rig, type RigOptions, seconds } from './rig.ts'
import { type Injection, Strace } from './strace.ts'

const CYCLES = 10
const END_MS_MAX = 20_000
const DELAYED_RUN_MS = 2500
const DELAY_MS = 40
/** Many times what the few batches of a closed gate take, delays included. */
const SETTLE_MS = 1000
const CONFIG = { 'log.level': 'warn' }

function topics(flushPolicy: 'synced' | 'os'): TopicPlan[] {
  const configs = { 'flush.policy': flushPolicy, 'segment.bytes': '65536' }
  return ['first', 'second'].map(name => ({ name, partitions: 2, configs, retentionBytes: -1, trimAbove: 0 }))
}

interface Case extends Injection {
  /** Whether the broker must end by itself. */
  readonly isFatal: boolean
  readonly flushPolicy: 'synced' | 'os'
}

const DELAYED: Case = {
  call: 'fdatasync',
  how: `delay_exit=${DELAY_MS * 1000}`,
  delayMs: DELAY_MS,
  isFatal: false,
  flushPolicy: 'synced'
}

interface Outcome {
  readonly earlyCount: number
  readonly faults: readonly string[]
  readonly injectedCount: number
  readonly acknowledgedCount: number
}

interface Heard {
  readonly place: Place
  readonly baseOffset: number
  readonly recordCount: number
  readonly atMs: number
}

/** The n-th sync fails, or takes long: no acknowledgement without one that covers it, no life after a failed one. */
export const syncErrorRig: Rig = async options => {
  const reason = obstacle(['strace'], false)
  if (reason !== null) return { verdict: 'skipped', lines: [reason] }
  const beganMs = performance.now()
  // strace counts calls of each thread by itself.
  const threads = process.env['UV_THREADPOOL_SIZE']
  process.env['UV_THREADPOOL_SIZE'] = '1'
  options.cleanup.add('UV_THREADPOOL_SIZE', () => {
    if (threads === undefined) delete process.env['UV_THREADPOOL_SIZE']
    else process.env['UV_THREADPOOL_SIZE'] = threads
  })
  const lines: string[] = []
  let acknowledged = 0
  let missed = 0
  let failed = 0
  for (const injection of casesOf(options)) {
    const { faults, injectedCount, acknowledgedCount } = await runCase(injection, options)
    acknowledged += acknowledgedCount
    if (injectedCount === 0) missed++
    if (faults.length > 0) failed++
    if (faults.length > 0 || injectedCount === 0) {
      lines.push(`${injection.call} ${injection.how}: ${injectedCount} injected`, ...faults.map(text => `  ${text}`))
    } else options.say(`sync-error: ${injection.call} ${injection.how}: ${acknowledgedCount} acknowledged`)
  }
  // Not waiting for syncs must look like what it is, or the rig cannot see the difference.
  const { earlyCount } = await runCase({ ...DELAYED, flushPolicy: 'os' }, options)
  if (earlyCount === 0) missed++
  const count = casesOf(options).length
  lines.unshift(
    `${count} cases, ${acknowledged} records acknowledged under them, ${seconds(beganMs)}`,
    `guard: with flush.policy=os ${earlyCount} batches were acknowledged before their sync`
  )
  return { verdict: failed > 0 ? 'failed' : missed > 0 || acknowledged === 0 ? 'invalid' : 'passed', lines }
}

function casesOf({ seed, cycles }: RigOptions): Case[] {
  const prng = new SeededPrng(seed)
  return Array.from({ length: cycles ?? CYCLES }, (_, index): Case => {
    if (index % 5 === 4) return DELAYED
    const call = index % 5 === 2 ? 'fsync' : 'fdatasync'
    const error = index % 5 === 1 ? 'ENOSPC' : 'EIO'
    const when = index < 5 ? index + 1 : 1 + prng.below(call === 'fsync' ? 10 : 60)
    return { call, how: `error=${error}:when=${when}`, isFatal: true, flushPolicy: 'synced' }
  })
}

async function runCase(injection: Case, { seed, cleanup }: RigOptions): Promise<Outcome> {
  const home = tempDir('sync-error')
  const removeHome = cleanup.add('data directory', () => home.remove())
  const [broker, endBroker] = await startBroker(cleanup, { config: CONFIG, dataDir: `${home.path}/data` })
  const heard: Heard[] = []
  const load = new Load({
    bootstrap: broker.bootstrap,
    seed,
    topics: topics(injection.flushPolicy),
    disciplines: ['idempotent', 'retrying', 'once'],
    pauseMsMax: 6,
    onAcknowledged: (place, baseOffset, recordCount) => heard.push({ place, baseOffset, recordCount, atMs: Date.now() })
  })
  const endLoad = cleanup.add('producers', () => load.stop())
  await load.prepare()
  load.begin()
  const strace = await traceUntilEnd({ broker, load, injection, directory: `${home.path}/trace`, cleanup })
  const calls = strace.calls()
  const acknowledged = heard.flatMap(ack => acknowledgementOf(ack, `${home.path}/data`, load))
  for (const text of earlyAcknowledgements(calls, acknowledged)) load.faults.add('early-ack', text)
  for (const text of syncsAfterFailure(calls)) load.faults.add('broker', text)
  if (injection.isFatal && !broker.output.includes('"event":"fatal"'))
    load.faults.add('broker', 'logged no fatal event')
  try {
    await broker.start()
    await load.check()
  } catch (error) {
    load.faults.add('broker', `${(error as Error).message}; it printed:\n${broker.output.slice(-3000)}`)
  }
  await endLoad()
  await endBroker()
  await removeHome()
  return {
    earlyCount: load.faults.count('early-ack'),
    faults: load.faults.lines(),
    injectedCount: calls.filter(({ isInjected }) => isInjected).length,
    acknowledgedCount: load.acknowledgedCount
  }
}

async function traceUntilEnd(run: {
  readonly broker: SpawnedBroker
  readonly load: Load
  readonly injection: Case
  readonly directory: string
  readonly cleanup: Cleanup
}): Promise<Strace> {
  const { broker, load, injection } = run
  const strace = await Strace.attach(broker.pid, run.directory, injection)
  const endStrace = run.cleanup.add('strace', () => strace.end())
  load.gate.open()
  const deadlineMs = performance.now() + (injection.isFatal ? END_MS_MAX : DELAYED_RUN_MS)
  while (broker.isRunning && performance.now() < deadlineMs) await pause(10)
  if (broker.isRunning && injection.isFatal) load.faults.add('broker', `was alive ${END_MS_MAX} ms later`)
  if (!broker.isRunning && !injection.isFatal) load.faults.add('broker', 'ended although its syncs were only slow')
  load.gate.close()
  // What is under way is answered, under the eyes of strace; or the answers of the dead broker are still to be read.
  await pause(SETTLE_MS)
  // First strace: a process that it holds within a delay is not gone before strace is.
  await endStrace()
  if (broker.isRunning) await broker.kill()
  return strace
}

/** Where the acknowledged batch lies. Nothing is deleted in this rig, so its file is there. */
function acknowledgementOf(
  { place, baseOffset, recordCount, atMs }: Heard,
  data: string,
  load: Load
): Acknowledgement[] {
  if (baseOffset < 0) return []
  const name = `${place.topic}-${place.partition}`
  const directory = path.join(data, name)
  const logs = fs
    .readdirSync(directory)
    .filter(file => file.endsWith('.log'))
    .sort()
  const log = logs.findLast(file => Number(file.slice(0, -4)) <= baseOffset) ?? ''
  const file = path.join(directory, log)
  const endPosition = endOf(fs.readFileSync(file), baseOffset)
  const what = `${name}, offsets ${baseOffset} … ${baseOffset + recordCount - 1}`
  if (endPosition < 0) load.faults.add('lost', `${what}: acknowledged, and not in ${log}`)
  return endPosition < 0 ? [] : [{ file, endPosition, atMs, what }]
}

/** Where the batch that holds `offset` ends; −1 when none does. */
function endOf(segment: Buffer, offset: number): number {
  let end = -1
  walkBatches(segment, (at, sizeBytes) => {
    if (readBaseOffset(segment, at) <= offset && offset <= readLastOffset(segment, at)) end = at + sizeBytes
    return end < 0
  })
  return end
}
