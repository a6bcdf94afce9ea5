import { createHistogram } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { type Latency, summary } from '../latency.ts'
import { type AppendTarget, BareTarget, type FlushPolicy, LogTarget, type TargetOptions } from './append-target.ts'
import { type Context, inDirectory, note, noteLatency, type Place } from './context.ts'
import { batchOf16 } from './logs.ts'
import type { StorageSizes } from './sizes.ts'

/** So many batches between two turns of the event loop when nobody waits: what one socket read may bring. */
const BATCHES_PER_TURN = 16
const TICK_MS = 10
const NEVER = Number.MAX_SAFE_INTEGER
const POLICIES: readonly FlushPolicy[] = ['synced', 'flush.ms', 'flush.messages', 'os']

interface Appended {
  readonly batches: number
  readonly seconds: number
  readonly syncs: number
  /** From the append of a batch until it is durable. */
  readonly durable: Latency
}

interface AppendLoad {
  readonly partitions: number
  readonly policy: FlushPolicy
  readonly batchesMax: number
  readonly durationMsMax: number
  readonly inFlight: number
}

/** One load on one target. Batches become durable in the order in which they were appended, per partition. */
class AppendRun {
  readonly #target: AppendTarget
  readonly #load: AppendLoad
  readonly #histogram = createHistogram({ figures: 3 })
  /** Per partition: when each batch that is not durable yet was appended. */
  readonly #sinceMs: number[][]
  readonly #appended: number[]
  readonly #durable: number[]
  readonly #startMs = performance.now()
  #batches = 0
  #durableBatches = 0
  #isMeasuring = true
  #onAllDurable: () => void = () => {}

  constructor(target: AppendTarget, load: AppendLoad) {
    this.#target = target
    this.#load = load
    this.#sinceMs = Array.from({ length: load.partitions }, () => [])
    this.#appended = this.#sinceMs.map(() => 0)
    this.#durable = this.#sinceMs.map(() => 0)
    target.onDurable = (partition, batches) => this.#onDurable(partition, batches)
  }

  async run(): Promise<Appended> {
    if (this.#load.policy === 'synced') await this.#runSynced()
    else await this.#runFree()
    const seconds = (performance.now() - this.#startMs) / 1e3
    const { syncs } = this.#target
    this.#isMeasuring = false
    // The next run must not share the device with what this one left behind.
    await this.#allDurable()
    this.#target.finish(this.#appended)
    return { batches: this.#batches, seconds, syncs, durable: summary(this.#histogram) }
  }

  /** A writer per partition that keeps `inFlight` batches under way and asks for a sync with each, like a producer. */
  async #runSynced(): Promise<void> {
    for (let i = 0; i < this.#load.inFlight; i++) {
      for (let partition = 0; partition < this.#load.partitions; partition++) this.#appendSynced(partition)
    }
    await new Promise<void>(resolve => {
      this.#onAllDurable = resolve
    })
  }

  async #runFree(): Promise<void> {
    const { partitions, policy } = this.#load
    let partition = 0
    let tickMs = this.#startMs
    while (!this.#isOver()) {
      for (let i = 0; i < BATCHES_PER_TURN; i++) {
        this.#append(partition)
        partition = partition + 1 === partitions ? 0 : partition + 1
      }
      await turn()
      if (policy !== 'flush.ms' || performance.now() - tickMs < TICK_MS) continue
      tickMs = performance.now()
      this.#target.flushIfDue()
    }
  }

  #isOver(): boolean {
    const { batchesMax, durationMsMax } = this.#load
    return this.#batches >= batchesMax || performance.now() - this.#startMs >= durationMsMax
  }

  #append(partition: number): void {
    this.#sinceMs[partition]?.push(performance.now())
    this.#target.append(partition)
    this.#appended[partition] = (this.#appended[partition] as number) + 1
    this.#batches++
  }

  #appendSynced(partition: number): void {
    this.#append(partition)
    this.#target.requestSync(partition)
  }

  #onDurable(partition: number, batches: number): void {
    const count = batches - (this.#durable[partition] as number)
    const nowMs = performance.now()
    for (const sinceMs of this.#sinceMs[partition]?.splice(0, count) ?? []) {
      if (this.#isMeasuring) this.#histogram.record(Math.max(1, Math.round((nowMs - sinceMs) * 1e6)))
    }
    this.#durable[partition] = batches
    this.#durableBatches += count
    if (this.#load.policy === 'synced' && this.#isMeasuring) {
      for (let i = 0; i < count && !this.#isOver(); i++) this.#appendSynced(partition)
    }
    if (this.#durableBatches === this.#batches) this.#onAllDurable()
  }

  async #allDurable(): Promise<void> {
    if (this.#durableBatches === this.#batches) return
    await new Promise<void>(resolve => {
      this.#onAllDurable = resolve
      for (let partition = 0; partition < this.#load.partitions; partition++) this.#target.requestSync(partition)
    })
  }
}

function noteRun(
  context: Context,
  place: Place,
  appended: Appended & { batchBytes: number; policy: FlushPolicy }
): void {
  const { name, system } = place
  const { batches, seconds, syncs, durable, batchBytes, policy } = appended
  note(context.figures, place, { unit: 'MB/s', value: (batches * batchBytes) / seconds / 1e6 })
  note(context.figures, { name: `${name}, batches`, system }, { unit: '1/s', value: batches / seconds })
  // With `os` the log still syncs once in 64 MiB, and nobody waits for it; a short run may end before any flush.ms.
  if (policy === 'os' || syncs === 0) return
  note(context.figures, { name: `${name}, syncs`, system }, { unit: '1/s', value: syncs / seconds })
  if (durable.count > 0) noteLatency(context.figures, { name: `${name}, to durable`, system }, durable)
}

async function measure(
  context: Context,
  sizes: StorageSizes['append'],
  at: { partitions: number; policy: FlushPolicy }
): Promise<void> {
  const { policy, partitions } = at
  const batch = batchOf16()
  const batchesMax = Math.ceil(sizes.bytesMax / batch.bytes.length)
  const load = { ...at, batchesMax, durationMsMax: sizes.durationMsMax, inFlight: sizes.inFlight }
  const flushMs = policy === 'flush.ms' ? sizes.flushMs : NEVER
  const flushMessages = policy === 'flush.messages' ? sizes.flushMessages : NEVER
  const label = policy === 'flush.ms' ? `flush.ms=${flushMs}` : policy
  const name = `append ×${partitions} ${policy === 'flush.messages' ? `flush.messages=${flushMessages}` : label}`
  for (const system of ['bare', 'log'] as const) {
    await inDirectory('append', async directory => {
      const options: TargetOptions = { directory, partitions, batch, flushMs, flushMessages }
      const target = system === 'log' ? new LogTarget(options) : new BareTarget(options)
      const appended = await new AppendRun(target, load).run()
      noteRun(context, { name, system }, { ...appended, batchBytes: batch.bytes.length, policy })
    })
  }
}

/** Batches of 16 records of 1 KiB into 1 … many partitions, with each way of syncing them. */
export async function benchAppend(context: Context): Promise<void> {
  const sizes = context.sizes.append
  const cases = sizes.partitions.flatMap(partitions => POLICIES.map(policy => ({ partitions, policy })))
  const warmUp = { ...sizes, bytesMax: Math.min(sizes.bytesMax, 2 ** 25) }
  for (const policy of POLICIES) await measure({ ...context, figures: new Map() }, warmUp, { partitions: 1, policy })
  for (let repeat = 1; repeat <= context.sizes.repeats; repeat++) {
    for (const at of cases) {
      context.progress(`append ${repeat}/${context.sizes.repeats}: ${at.partitions} partitions, ${at.policy}`)
      await measure(context, sizes, at)
    }
  }
}
