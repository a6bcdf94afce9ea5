import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { SeededPrng } from '../../../testkit/src/seeded-prng.ts'
import type { LogConfig } from '../../src/index.ts'
import { type BatchSpec, makeBatch } from '../batches.ts'
import { checkContents, must } from './contents.ts'
import { type Expectation, highestEpoch, type LedgerState, recordsOf, type WrittenBatch } from './ledger.ts'
import { checkEpochs, checkLookups } from './lookups.ts'
import { type OpenedDisk, openDisk } from './open-disk.ts'
import { checkProducers, nextBatch } from './producer-checks.ts'

export interface ExamineOptions {
  readonly config: LogConfig
  /** Decides which places are looked up and what happens after the first start. */
  readonly seed: number
}

/**
 * Starts from the disk and throws Broken, or what the log throws, when a promise does not hold: at the start, after a
 * power cut right behind it, and after more records, a sync and another cut, kill or clean stop.
 */
export function examine(disk: MemoryDisk, expectation: Expectation, options: ExamineOptions): void {
  const { config } = options
  const prng = new SeededPrng(options.seed)
  const open = { config, nowMs: expectation.after.nowMs }
  let opened = openDisk(disk, open)
  const batches = checkContents(opened.log, expectation)
  const now = acceptedState(opened, batches, expectation)
  if (prng.chance(0.3)) {
    // What a start has shown to readers is durable.
    disk.crash()
    opened = openDisk(disk, open)
    checkContents(opened.log, settled('cut behind the start', now))
  }
  checkEpochs(opened.log, batches, expectation)
  checkLookups(opened.log, batches, prng)
  checkProducers(opened.log, batches)

  const leaderEpoch = Math.max(0, highestEpoch(expectation))
  const more = appendMore(opened, now, { leaderEpoch, prng })
  opened.log.requestSync()
  disk.completeSyncs()
  must(opened.log.durableEndOffset === more.endOffset, () => 'a sync after the start covers everything')
  must(opened.fatal.length === 0, () => `the disk is said to have failed: ${opened.fatal[0]?.message}`)
  const stop = prng.pick(['cut', 'kill', 'clean'] as const)
  if (stop === 'clean') opened.closeClean()
  else if (stop === 'kill') disk.kill()
  else disk.crash()
  const { log } = openDisk(disk, open)
  const again = settled(`${stop} after more records`, more)
  const found = checkContents(log, again)
  must(log.logEndOffset === more.endOffset, () => `${stop}: the log ends at ${log.logEndOffset}, not ${more.endOffset}`)
  checkEpochs(log, found, again)
  checkProducers(log, found)
}

/** The ledger of a log that has started: what it found is promised from now on. */
function acceptedState({ log }: OpenedDisk, batches: readonly WrittenBatch[], expectation: Expectation): LedgerState {
  const { logStartOffset: startOffset, logEndOffset: endOffset } = log
  const epochs = [...expectation.before.epochs, ...expectation.after.epochs].filter(
    each => each.epoch <= log.latestEpoch
  )
  const { nowMs, hasGaps } = expectation.after
  return { batches, startOffset, endOffset, acknowledgedOffset: endOffset, epochs, nowMs, hasGaps }
}

function settled(step: string, state: LedgerState): Expectation {
  return { step, before: state, after: state, dropsAll: false }
}

/** A batch without a producer in the highest epoch so far, and the next one of a producer in the next epoch. */
function appendMore(
  { log }: OpenedDisk,
  state: LedgerState,
  options: { leaderEpoch: number; prng: SeededPrng }
): LedgerState {
  const batches = [...state.batches]
  const epochs = [...state.epochs]
  const specs = [{ timestamps: [state.nowMs, state.nowMs + 1] }, nextBatch(state.batches, options.prng.below(4))]
  let { leaderEpoch } = options
  for (const spec of specs) {
    if (spec === null) continue
    const batch = appendOne(log, spec, leaderEpoch)
    if (!epochs.some(({ epoch }) => epoch === leaderEpoch))
      epochs.push({ epoch: leaderEpoch, startOffset: batch.baseOffset })
    batches.push(batch)
    leaderEpoch++
  }
  return { ...state, batches, epochs, endOffset: log.logEndOffset, acknowledgedOffset: log.logEndOffset }
}

function appendOne(log: OpenedDisk['log'], spec: BatchSpec, leaderEpoch: number): WrittenBatch {
  const { bytes, summary } = makeBatch(spec)
  const expectedOffset = log.logEndOffset
  const result = log.append(bytes, 0, bytes.length, summary, { leaderEpoch, origin: 'client' })
  const { kind, baseOffset, lastOffset } = result
  must(kind === 'appended' && baseOffset === expectedOffset, () => `a new batch is ${kind} at ${baseOffset}`)
  return {
    baseOffset,
    lastOffset,
    leaderEpoch,
    bytes,
    summary,
    records: recordsOf(baseOffset, spec.timestamps),
    marker: null
  }
}
