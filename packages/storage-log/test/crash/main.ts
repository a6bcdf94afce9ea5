import { readArguments, refuse, say } from '../command-line.ts'
import type { Recording } from './driver.ts'
import { countImages, type Failure, parseCuts, printCuts, replayCuts, sweep } from './sweep.ts'
import { record, WORKLOADS, type Workload } from './workloads.ts'

/**
 * Cuts the power of a simulated disk after every operation of recorded workloads of a log, with many pictures of what
 * survives, and lets the log start from each. Ends with 1 when a promise was broken.
 */

const FAILURES_SHOWN = 20
/** More than enough, unless workloads fail before they have a trace. */
const ROUNDS_MAX = 1000

const USAGE =
  'usage: [--images N] [--seed N] [--per-trace N|all] [--workload ' +
  `${Object.keys(WORKLOADS).join(',')}] [--cut OPERATIONS/CHOICE]; [--model RUNS] for the model-based test instead`

const { values } = readArguments(USAGE, {
  options: {
    help: { type: 'boolean', default: false },
    images: { type: 'string', default: '50000' },
    seed: { type: 'string' },
    workload: { type: 'string' },
    /** How many of its images are examined before the next seed's turn comes: `all` or a number. */
    'per-trace': { type: 'string', default: '1500' },
    /** Looks at one image only, as a failure has printed it. */
    cut: { type: 'string' }
  }
})
if (values.help) {
  say(USAGE)
  process.exit(0)
}
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
const imagesWanted = Number(values.images)
const imagesPerTrace = values['per-trace'] === 'all' ? Number.POSITIVE_INFINITY : Number(values['per-trace'])
const names = values.workload?.split(',') ?? Object.keys(WORKLOADS)
if (
  names.some(name => WORKLOADS[name] === undefined) ||
  !Number.isSafeInteger(seed) ||
  !(Number.isSafeInteger(imagesWanted) && imagesWanted > 0 && imagesPerTrace > 0)
) {
  refuse(USAGE)
}
process.exitCode = values.cut === undefined ? sweepAll() : lookAgain(names[0] as string, values.cut)

function lookAgain(name: string, cuts: string): number {
  const failure = replayCuts(record(WORKLOADS[name] as Workload, seed), parseCuts(cuts))
  say(failure === null ? 'nothing is wrong with it' : `${failure.step}: ${failure.message}`)
  return failure === null ? 0 : 1
}

function sweepAll(): number {
  say(`seed ${seed}`)
  const startedMs = performance.now()
  const kinds = new Map<string, number>()
  let images = 0
  for (let round = 0; images < imagesWanted && round < ROUNDS_MAX; round++) {
    for (const name of names) {
      if (images < imagesWanted) images += sweepOne(name, seed + round, kinds)
    }
  }
  const seconds = (performance.now() - startedMs) / 1000
  const failures = [...kinds.values()].reduce((sum, count) => sum + count, 0)
  say(`${images} images, ${(images / seconds).toFixed(0)} per second, ${failures} failures`)
  for (const [kind, count] of kinds) say(`  ${count} × ${kind}`)
  return failures === 0 ? 0 : 1
}

function sweepOne(name: string, runSeed: number, kinds: Map<string, number>): number {
  let recording: Recording
  try {
    recording = record(WORKLOADS[name] as Workload, runSeed)
  } catch (error) {
    // Without any power cut: the log does not do what it is asked, or does not start after a kill.
    const failure = { cuts: [], step: 'the workload itself', message: String(error), isBeyondJournal: false }
    show(name, runSeed, failure, kinds)
    return 0
  }
  const onFailure = (failure: Failure): void => show(name, runSeed, failure, kinds)
  const share = Math.min(1, imagesPerTrace / countImages(recording))
  const images = sweep(recording, { seed: runSeed, share, onFailure })
  say(`${name}, seed ${runSeed}: ${recording.trace.operations.length} operations, ${images} images`)
  return images
}

/** Failures that differ in numbers only are of one kind; the first of each is shown. */
function show(name: string, runSeed: number, failure: Failure, kinds: Map<string, number>): void {
  const { step, message, cuts, isBeyondJournal } = failure
  const kind = `${name}: ${message}`.replaceAll(/\d+/g, 'N')
  const known = kinds.get(kind) ?? 0
  kinds.set(kind, known + 1)
  if (known > 0 || kinds.size > FAILURES_SHOWN) return
  say(`FAILED ${name}, ${step}: ${message}`)
  if (isBeyondJournal) say('  (names were lost in an order that a journal would not allow)')
  const cut = cuts.length === 0 ? '' : ` --cut ${printCuts(cuts)}`
  say(`  node tests/crash/main.ts --workload ${name} --seed ${runSeed}${cut}`)
}
