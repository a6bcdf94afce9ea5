import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { SeededPrng } from '../../../testkit/src/seeded-prng.ts'
import { crashImage, TraceReplay } from '../../../testkit/src/sim-disk/replay.ts'
import {
  type CrashChoice,
  crashChoices,
  isJournalled,
  parseChoice,
  printChoice,
  survivors
} from '../../../testkit/src/sim-disk/survival.ts'
import type { DiskTrace } from '../../../testkit/src/sim-disk/trace.ts'
import type { Recording } from './driver.ts'
import { examine } from './examine.ts'
import type { Expectation } from './ledger.ts'
import { openDisk } from './open-disk.ts'

/** Of a recovery that is cut too, so many images per operation on average. */
const SECOND_CUTS_PER_OPERATION = 4

/** One power cut: after how many operations, and what it leaves. As text: `123/without:4`. */
export interface Cut {
  readonly at: number
  readonly choice: CrashChoice
}

export function printCuts(cuts: readonly Cut[]): string {
  return cuts.map(({ at, choice }) => `${at}/${printChoice(choice)}`).join('+')
}

export function parseCuts(text: string): Cut[] {
  return text.split('+').map(each => {
    const [at = '', choice = ''] = each.split('/')
    if (!/^\d+$/.test(at)) throw new Error(`a cut is <operations>/<choice>, as in 12/random:3, got '${each}'`)
    return { at: Number(at), choice: parseChoice(choice) }
  })
}

export interface Failure {
  /** One cut, or one and another during the recovery from it. */
  readonly cuts: readonly Cut[]
  readonly step: string
  readonly message: string
  /** Names were lost in an order that a journalling filesystem does not allow. */
  readonly isBeyondJournal: boolean
}

export interface SweepOptions {
  readonly seed: number
  /** Share of the images that are examined, 0 … 1. Default 1. */
  readonly share?: number
  /** Random subsets per operation. Default 20. */
  readonly randoms?: number
  /** Share of the images whose recovery is cut too, after each of its operations. Default 0.02. */
  readonly secondCuts?: number
  /** Ends the sweep after so many failures. Default: none. */
  readonly failuresMax?: number
  readonly onFailure: (failure: Failure) => void
}

/** How many images a sweep with share 1 would look at, second cuts aside. */
export function countImages({ trace }: Recording, randoms = 20): number {
  const replay = new TraceReplay(trace as DiskTrace)
  let images = 0
  for (let at = 0; at <= trace.operations.length; at++) {
    replay.advanceTo(at)
    images += crashChoices(replay.pending.length, randoms, 0).length
  }
  return images
}

/** Every picture of every operation of a recording, or a share of them. Returns how many images were examined. */
export function sweep(recording: Recording, options: SweepOptions): number {
  const { trace } = recording
  const { share = 1, randoms = 20, secondCuts = 0.02 } = options
  let failuresLeft = options.failuresMax ?? Number.POSITIVE_INFINITY
  const onFailure = (failure: Failure): void => {
    failuresLeft--
    options.onFailure(failure)
  }
  const prng = new SeededPrng(options.seed)
  const replay = new TraceReplay(trace as DiskTrace)
  let images = 0
  for (let at = 0; at <= trace.operations.length; at++) {
    replay.advanceTo(at)
    const expectation = expectationAt(trace, at)
    if (expectation === null) continue
    for (const choice of crashChoices(replay.pending.length, randoms, prng.u32())) {
      if (!prng.chance(share)) continue
      if (failuresLeft <= 0) return images
      images++
      const cut = { at, choice }
      const image = (): MemoryDisk => replay.image(choice, { syncs: 'manual' })
      const isBeyondJournal = (): boolean => !isJournalled(replay.pending, survivors(choice, replay.pending))
      const failed = attempt(image(), expectation, recording, [cut])
      if (failed !== null) onFailure({ ...failed, isBeyondJournal: isBeyondJournal() })
      else if (prng.chance(secondCuts)) images += sweepRecovery(image(), { recording, expectation, cut }, onFailure)
    }
  }
  return images
}

/** One image exactly as a sweep saw it. Null when nothing is wrong with it. */
export function replayCuts(recording: Recording, cuts: readonly Cut[]): Failure | null {
  const [first, second] = cuts as [Cut, Cut | undefined]
  const expectation = expectationAt(recording.trace, first.at)
  if (expectation === null) throw new Error(`nothing had been promised after ${first.at} operations`)
  let image = crashImage(recording.trace as DiskTrace, first.at, first.choice, { syncs: 'manual' })
  if (second !== undefined) {
    image = crashImage(traceOfRecovery(image, recording, expectation), second.at, second.choice, { syncs: 'manual' })
  }
  const failed = attempt(image, expectation, recording, cuts)
  return failed === null ? null : { ...failed, isBeyondJournal: false }
}

/** Between two steps only what has been reached counts, within one also what it is about to reach. */
function expectationAt(trace: DiskTrace<Expectation>, at: number): Expectation | null {
  const marked = trace.markAt(at)
  if (marked === null || marked.at < at) return marked?.mark ?? null
  return { ...marked.mark, after: marked.mark.before, dropsAll: false }
}

function sweepRecovery(
  image: MemoryDisk,
  from: { recording: Recording; expectation: Expectation; cut: Cut },
  onFailure: (failure: Failure) => void
): number {
  const { recording, expectation, cut } = from
  const trace = traceOfRecovery(image, recording, expectation)
  const replay = new TraceReplay(trace)
  const prng = new SeededPrng(seedOf([cut]))
  let images = 0
  for (let at = 1; at <= trace.operations.length; at++) {
    replay.advanceTo(at)
    const choices = crashChoices(replay.pending.length, 4, at)
    for (const choice of choices) {
      if (!prng.chance(SECOND_CUTS_PER_OPERATION / choices.length)) continue
      images++
      const cuts = [cut, { at, choice }]
      const failed = attempt(replay.image(choice, { syncs: 'manual' }), expectation, recording, cuts)
      const isBeyondJournal = !isJournalled(replay.pending, survivors(choice, replay.pending))
      if (failed !== null) onFailure({ ...failed, isBeyondJournal })
    }
  }
  return images
}

function traceOfRecovery(image: MemoryDisk, { config }: Recording, expectation: Expectation): DiskTrace {
  const trace = image.record()
  openDisk(image, { config, nowMs: expectation.after.nowMs })
  return trace
}

function attempt(
  image: MemoryDisk,
  expectation: Expectation,
  { config }: Recording,
  cuts: readonly Cut[]
): Omit<Failure, 'isBeyondJournal'> | null {
  try {
    examine(image, expectation, { config, seed: seedOf(cuts) })
    return null
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { cuts, step: expectation.step, message }
  }
}

/** The same for the same cuts, so that one image can be looked at again exactly. */
function seedOf(cuts: readonly Cut[]): number {
  let hash = 17
  for (const char of printCuts(cuts)) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0
  return hash
}
