import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { SeededPrng } from '../../../testkit/src/seeded-prng.ts'
import type { LogConfig } from '../../src/index.ts'
import type { BatchSpec } from '../batches.ts'
import { Driver, type Recording } from './driver.ts'
import type { WrittenBatch } from './ledger.ts'

/** A deterministic run of a log: the same seed gives the same operations on the disk. */
export interface Workload {
  readonly config?: Partial<LogConfig>
  readonly run: (driver: Driver, prng: SeededPrng) => void
}

/** Throws Broken when the log does not do what the workload asks of it, even without a power cut. */
export function record(workload: Workload, seed: number, sabotage?: (disk: MemoryDisk) => void): Recording {
  const driver = new Driver(workload.config ?? {}, sabotage)
  workload.run(driver, new SeededPrng(seed))
  return driver.finish()
}

/** Any batch: 1 to 6 records, up to 400 bytes each, timestamps around now and out of order. */
function batchOf(driver: Driver, prng: SeededPrng): BatchSpec {
  const count = 1 + prng.below(6)
  const timestamps = Array.from({ length: count }, () => driver.nowMs + prng.below(2000) - 1000)
  const valueBytesMax = Math.floor((driver.config.segmentBytes - 100) / count) - 20
  return { timestamps, valueBytes: Math.min(valueBytesMax, prng.chance(0.2) ? 400 : 8 + prng.below(60)) }
}

function appendSome(driver: Driver, prng: SeededPrng, count: number): void {
  for (let i = 0; i < count; i++) {
    driver.pass(100)
    driver.append(batchOf(driver, prng))
  }
}

interface ProducerState {
  /** Its parity is that of the slot. */
  producerId: number
  epoch: number
  next: number
  isOpen: boolean
  isNew: boolean
}

/** Producers with sequences, epochs and, for the even ones, transactions. */
class Producers {
  readonly #driver: Driver
  readonly #prng: SeededPrng
  readonly #states = new Map<number, ProducerState>()

  constructor(driver: Driver, prng: SeededPrng) {
    this.#driver = driver
    this.#prng = prng
  }

  step(): void {
    const prng = this.#prng
    const slot = prng.below(4)
    const isTransactional = slot % 2 === 0
    const state = this.#states.get(slot) ?? { producerId: slot, ...FRESH }
    this.#states.set(slot, state)
    // Its last batch was cut off or deleted: it begins again, as nobody knows what the log still knows of it.
    if (!state.isNew && !this.#isInStep(state)) Object.assign(state, { producerId: state.producerId + 4, ...FRESH })
    const { producerId } = state
    if (state.isOpen && prng.chance(0.4)) {
      this.#driver.endTransaction(producerId, state.epoch, prng.pick(['commit', 'abort']))
      state.isOpen = false
      return
    }
    if (!state.isNew && prng.chance(0.2)) return this.#driver.retry(producerId)
    if (!state.isOpen && prng.chance(0.1)) Object.assign(state, { epoch: state.epoch + 1, next: 0 })
    const spec = batchOf(this.#driver, prng)
    this.#driver.append({ ...spec, producerId, producerEpoch: state.epoch, baseSequence: state.next, isTransactional })
    state.next += spec.timestamps.length
    state.isOpen = isTransactional
    state.isNew = false
  }

  #isInStep({ producerId, epoch, next }: ProducerState): boolean {
    const isOwn = (batch: WrittenBatch): boolean => batch.summary.producerId === producerId && batch.marker === null
    const last = this.#driver.state.batches.findLast(isOwn)?.summary
    return last !== undefined && last.producerEpoch === epoch && last.baseSequence + last.recordCount === next
  }
}

const FRESH = { epoch: 0, next: 0, isOpen: false, isNew: true }

const append: Workload = {
  run(driver, prng) {
    for (let i = 0; i < 8; i++) {
      appendSome(driver, prng, 1 + prng.below(3))
      driver.beginSync()
      if (prng.chance(0.5)) appendSome(driver, prng, 1 + prng.below(2))
      driver.endSync()
    }
    appendSome(driver, prng, 2)
  }
}

const producers: Workload = {
  run(driver, prng) {
    const writers = new Producers(driver, prng)
    for (let i = 0; i < 30; i++) {
      driver.pass(50)
      writers.step()
      if (prng.chance(0.25)) driver.sync()
      if (prng.chance(0.08)) driver.snapshot()
      if (prng.chance(0.05)) driver.restartKilled()
    }
  }
}

const roll: Workload = {
  config: { segmentBytes: 1200, segmentMs: 60_000, indexIntervalBytes: 150 },
  run(driver, prng) {
    const writers = new Producers(driver, prng)
    for (let i = 0; i < 14; i++) {
      appendSome(driver, prng, 1)
      if (prng.chance(0.5)) writers.step()
      if (prng.chance(0.3)) driver.sync()
      if (prng.chance(0.2)) driver.roll()
      if (prng.chance(0.15)) driver.checkpoint()
    }
  }
}

const retention: Workload = {
  config: { segmentBytes: 1000, retentionBytes: 2500, retentionMs: 100_000 },
  run(driver, prng) {
    for (let i = 0; i < 9; i++) {
      appendSome(driver, prng, 1 + prng.below(3))
      if (prng.chance(0.7)) driver.sync()
      if (prng.chance(0.2)) driver.checkpoint()
      if (prng.chance(0.2)) driver.pass(150_000)
      const { startOffset, endOffset } = driver.state
      if (prng.chance(0.6)) driver.retain(startOffset + prng.below(endOffset - startOffset + 1))
    }
    driver.retain()
  }
}

const deleteRecords: Workload = {
  config: { segmentBytes: 1000 },
  run(driver, prng) {
    for (let i = 0; i < 9; i++) {
      appendSome(driver, prng, 1 + prng.below(3))
      if (prng.chance(0.5)) driver.sync()
      const { startOffset, endOffset } = driver.state
      if (prng.chance(0.7)) driver.deleteRecords(startOffset + prng.below(endOffset - startOffset + 1))
      if (prng.chance(0.4)) driver.retain()
      if (prng.chance(0.15)) driver.checkpoint()
      if (prng.chance(0.1)) driver.restartKilled()
    }
    driver.deleteRecords(driver.state.endOffset)
    appendSome(driver, prng, 1)
  }
}

const truncate: Workload = {
  config: { segmentBytes: 900, indexIntervalBytes: 150 },
  run(driver, prng) {
    const writers = new Producers(driver, prng)
    for (let i = 0; i < 7; i++) {
      appendSome(driver, prng, 2 + prng.below(3))
      if (i < 2) writers.step()
      if (prng.chance(0.6)) driver.sync()
      if (prng.chance(0.25)) driver.checkpoint()
      const { startOffset, endOffset } = driver.state
      driver.truncate(Math.max(startOffset + 1, endOffset - prng.below(12)))
      driver.newEpoch()
      if (prng.chance(0.2)) driver.restartKilled()
    }
    driver.truncate(driver.state.startOffset)
    driver.newEpoch()
    appendSome(driver, prng, 2)
    driver.sync()
  }
}

const restartAt: Workload = {
  config: { segmentBytes: 900 },
  run(driver, prng) {
    for (let i = 0; i < 5; i++) {
      appendSome(driver, prng, 2 + prng.below(5))
      if (prng.chance(0.6)) driver.sync()
      if (prng.chance(0.4)) driver.checkpoint()
      const { startOffset, endOffset } = driver.state
      driver.restartAt(
        prng.chance(0.6) ? endOffset + prng.below(50) : startOffset + prng.below(endOffset - startOffset)
      )
      if (prng.chance(0.3)) driver.restartKilled()
    }
    appendSome(driver, prng, 2)
    driver.sync()
  }
}

/** A follower whose new leader has a log that begins, or even ends, below its own. */
const restartBelow: Workload = {
  config: { segmentBytes: 900 },
  run(driver, prng) {
    appendSome(driver, prng, 12)
    driver.sync()
    for (let i = 0; i < 3; i++) {
      driver.deleteRecords(driver.state.endOffset - prng.below(4))
      if (prng.chance(0.7)) driver.checkpoint()
      const offset = Math.max(0, driver.state.startOffset - 1 - prng.below(12))
      if (prng.chance(0.5)) driver.restartAt(offset)
      else driver.truncate(offset)
      driver.newEpoch()
      appendSome(driver, prng, 2 + prng.below(2))
      driver.sync()
      if (prng.chance(0.3)) driver.restartKilled()
      if (prng.chance(0.3)) driver.restartClean()
      appendSome(driver, prng, 1 + prng.below(3))
      driver.sync()
    }
  }
}

const reopen: Workload = {
  config: { segmentBytes: 1800 },
  run(driver, prng) {
    const writers = new Producers(driver, prng)
    for (let i = 0; i < 7; i++) {
      appendSome(driver, prng, 1 + prng.below(2))
      writers.step()
      if (prng.chance(0.4)) driver.sync()
      if (prng.chance(0.3)) driver.checkpoint()
      if (prng.chance(0.6)) driver.restartClean()
      else driver.restartKilled()
    }
    appendSome(driver, prng, 2)
  }
}

const epochs: Workload = {
  config: { segmentBytes: 1500 },
  run(driver, prng) {
    for (let i = 0; i < 9; i++) {
      driver.newEpoch()
      if (prng.chance(0.3)) driver.newEpoch()
      appendSome(driver, prng, 1 + prng.below(3))
      if (prng.chance(0.5)) driver.sync()
      const { startOffset, endOffset } = driver.state
      if (prng.chance(0.3)) driver.deleteRecords(startOffset + prng.below(endOffset - startOffset + 1))
      if (prng.chance(0.2)) driver.restartKilled()
      if (prng.chance(0.2)) driver.restartClean()
    }
  }
}

/** Disks that are full, and disks whose syncs fail: the process dies of these, and what it left is not all durable. */
const diskErrors: Workload = {
  config: { segmentBytes: 1500 },
  run(driver, prng) {
    const writers = new Producers(driver, prng)
    for (let i = 0; i < 8; i++) {
      appendSome(driver, prng, 1 + prng.below(3))
      writers.step()
      if (prng.chance(0.4)) driver.sync()
      else if (prng.chance(0.6)) driver.failSync()
      appendSome(driver, prng, 1)
      if (prng.chance(0.4)) driver.appendToFullDisk(batchOf(driver, prng), prng.below(600))
      if (prng.chance(0.2)) driver.checkpoint()
    }
    driver.append(batchOf(driver, prng))
  }
}

/** Keyed records, some of them tombstones, in rounds of compaction with everything that may come in between. */
const compaction: Workload = {
  config: { segmentBytes: 700, indexIntervalBytes: 150, deleteRetentionMs: 60_000, retentionMs: -1 },
  run(driver, prng) {
    for (let i = 0; i < 6; i++) {
      for (let batches = 3 + prng.below(4); batches > 0; batches--) {
        driver.pass(100)
        const spec = batchOf(driver, prng)
        const keys = spec.timestamps.map(() => `key ${prng.below(5)}`)
        driver.append({ ...spec, valueBytes: prng.below(50), keys, isTombstone: keys.map(() => prng.chance(0.2)) })
      }
      if (prng.chance(0.8)) driver.sync()
      if (prng.chance(0.3)) driver.pass(70_000)
      driver.compact()
      if (prng.chance(0.3)) driver.checkpoint()
      if (prng.chance(0.2)) driver.restartKilled()
      if (prng.chance(0.2)) driver.restartClean()
    }
  }
}

/** Everything in any order. */
const mixed: Workload = {
  config: { segmentBytes: 1400, segmentMs: 60_000, retentionBytes: 6000, indexIntervalBytes: 200 },
  run(driver, prng) {
    const actions: readonly (() => void)[] = [
      () => driver.sync(),
      () => driver.sync(),
      () => driver.checkpoint(),
      () => driver.snapshot(),
      () => driver.roll(),
      () => driver.newEpoch(),
      () => driver.retain(),
      () => driver.deleteRecords(Math.max(driver.state.startOffset, driver.state.endOffset - prng.below(10))),
      () => driver.truncate(Math.max(driver.state.startOffset, driver.state.endOffset - prng.below(10))),
      () => driver.restartAt(driver.state.endOffset + prng.below(5)),
      () => driver.appendToFullDisk(batchOf(driver, prng), prng.below(600)),
      () => driver.failSync(),
      () => driver.restartClean(),
      () => driver.restartKilled()
    ]
    for (let i = 0; i < 14; i++) {
      appendSome(driver, prng, 1 + prng.below(3))
      prng.pick(actions)()
    }
  }
}

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  append,
  producers,
  roll,
  retention,
  'delete-records': deleteRecords,
  truncate,
  'restart-at': restartAt,
  'restart-below': restartBelow,
  reopen,
  epochs,
  'disk-errors': diskErrors,
  compaction,
  mixed
}
