import type { CodecName } from '@streambus/protocol/records'
import fc from 'fast-check'
import { makeMarker } from '../batches.ts'
import { batchOf, type Made, NO_PRODUCER } from '../model/batch-of.ts'
import { outcomesOf } from '../model/oracle.ts'
import { KEYS, planRound, swapGroups } from '../model/rounds.ts'
import { World } from '../model/world.ts'

export interface RecordStep {
  readonly key: number
  /** Milliseconds from now on; null: the record has no timestamp. */
  readonly time: number | null
}

/** What happens to a log that groups read. Numbers are taken modulo what is there. */
export type LogStep =
  | {
      readonly do: 'append'
      readonly records: readonly RecordStep[]
      readonly codec: CodecName
      readonly isLogAppendTime: boolean
    }
  | { readonly do: 'transact'; readonly producerId: number; readonly records: readonly RecordStep[] }
  | { readonly do: 'end'; readonly which: number; readonly marker: 'commit' | 'abort' }
  | { readonly do: 'sync'; readonly behind: number }
  | { readonly do: 'delete'; readonly at: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'retain' | 'roll' | 'compact' | 'restart' }

export interface LogRecord {
  readonly offset: number
  readonly timestamp: number
}

/** A real log, and the dumb list of its batches in `world`. */
export class LogRun {
  readonly world: World

  constructor(config: ConstructorParameters<typeof World>[0]['config'], openFiles = 3) {
    this.world = new World({ config, openFiles })
  }

  take(step: LogStep): void {
    const { world } = this
    switch (step.do) {
      case 'append': {
        const logAppendTimeMs = step.isLogAppendTime ? world.nowMs : -1
        return this.#append(
          batchOf({ ...NO_PRODUCER, records: this.#records(step.records), codec: step.codec, logAppendTimeMs })
        )
      }
      case 'transact':
        return this.#transact(step.producerId, step.records)
      case 'end':
        return this.#end(step.which, step.marker)
      case 'sync':
        return this.#sync(step.behind)
      case 'delete': {
        const offset = world.start + (step.at % (world.highWatermark - world.start + 1))
        world.log.deleteRecordsBefore(offset)
        return world.startMoved(offset)
      }
      case 'pass':
        return world.pass(step.ms)
      case 'retain':
        world.log.applyRetention(world.nowMs, world.highWatermark)
        return world.startMoved(world.log.logStartOffset)
      case 'roll':
        world.log.maybeRoll(world.nowMs)
        return this.#rolled()
      case 'compact':
        if (world.config.retentionMs >= 0) return
        planRound(world, { keys: 100, stopAfter: -1 })
        return swapGroups(world, 100)
      case 'restart':
        world.opened.closeClean()
        world.disk.kill()
        this.#rolled()
        return world.reopen()
    }
  }

  /** The first record from `offset` on that a consumer may be handed: what a search of everything finds. */
  oldestUnread(offset: number): LogRecord | null {
    const { world } = this
    const outcomes = outcomesOf(world.batches, world.highWatermark)
    for (const batch of world.batches) {
      if (batch.isControl || outcomes.get(batch.baseOffset) === 'aborted') continue
      for (const record of batch.records) {
        const isReadable = record.offset >= Math.max(offset, world.start) && record.offset < world.highWatermark
        if (isReadable) return { offset: record.offset, timestamp: record.timestamp }
      }
    }
    return null
  }

  #append({ bytes, summary }: Made, origin: 'client' | 'coordinator' = 'client'): void {
    const { world } = this
    world.leaderEpoch = Math.max(0, world.epoch, world.leaderEpoch)
    if (bytes.length > world.config.segmentBytes) return
    world.log.append(bytes, 0, bytes.length, summary, { leaderEpoch: world.leaderEpoch, origin })
    world.appended(bytes)
    this.#rolled()
  }

  #transact(producerId: number, steps: readonly RecordStep[]): void {
    const producer = this.world.producers.get(producerId)
    const spec = { records: this.#records(steps), codec: 'none', logAppendTimeMs: -1, isTransactional: true } as const
    const baseSequence = Math.max(0, producer?.nextSequence ?? 0)
    this.#append(batchOf({ ...spec, producerId, producerEpoch: producer?.epoch ?? 0, baseSequence }))
  }

  /** Every other marker ends a transaction that has no records here, if there is a producer at all. */
  #end(which: number, marker: 'commit' | 'abort'): void {
    const open = [...this.world.producers].filter(([, producer]) => producer.openSince >= 0)
    const any = open.length > 0 ? open : [...this.world.producers]
    const chosen = any[which % Math.max(1, any.length)]
    if (chosen === undefined) return
    this.#append(makeMarker(chosen[0], chosen[1].epoch, 0, marker), 'coordinator')
  }

  #sync(behind: number): void {
    const { world } = this
    world.log.requestSync()
    world.syncCompleted()
    world.syncCompleted()
    world.highWatermark = Math.max(world.highWatermark, world.durable - behind)
  }

  /** A roll syncs what it leaves behind. */
  #rolled(): void {
    this.world.durable = this.world.log.durableEndOffset
  }

  #records(steps: readonly RecordStep[]) {
    return steps.map(({ key, time }) => ({
      key: `k${key}`,
      value: 'v'.repeat(20),
      timestamp: time === null ? -1 : this.world.nowMs + time
    }))
  }
}

const record = fc.record({
  key: fc.nat(KEYS - 1),
  time: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -50, max: 0 }) },
    { weight: 2, arbitrary: fc.integer({ min: -100_000, max: 100_000 }) },
    { weight: 1, arbitrary: fc.constant(null) }
  )
})
const records = fc.array(record, { minLength: 1, maxLength: 4 })
const of = <Name extends LogStep['do']>(name: Name) => fc.constant(name)

export const LOG_STEPS: fc.Arbitrary<LogStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: of('append'),
      records,
      codec: fc.constantFrom<CodecName[]>('none', 'none', 'gzip', 'zstd'),
      isLogAppendTime: fc.integer({ min: 0, max: 5 }).map(n => n === 5)
    })
  },
  { weight: 5, arbitrary: fc.record({ do: of('transact'), producerId: fc.nat(2), records }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: of('end'), which: fc.nat(2), marker: fc.constantFrom('commit', 'abort') })
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: of('sync'), behind: fc.oneof(fc.constant(0), fc.constant(0), fc.nat(4)) })
  },
  { weight: 1, arbitrary: fc.record({ do: of('delete'), at: fc.nat(10_000) }) },
  { weight: 4, arbitrary: fc.record({ do: of('pass'), ms: fc.nat(3000) }) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('retain', 'roll', 'roll', 'compact', 'compact', 'restart')
      .map(name => ({ do: name }) as LogStep)
  }
)

/** Small segments; either retention by time and size, or compaction that drops what it may at once. */
export const LOG_CONFIGS: fc.Arbitrary<ConstructorParameters<typeof LogRun>[0]> = fc.record({
  segmentBytes: fc.integer({ min: 500, max: 2000 }),
  segmentMs: fc.constantFrom(1000, 1_000_000),
  indexIntervalBytes: fc.integer({ min: 50, max: 400 }),
  retentionMs: fc.constantFrom(-1, -1, -1, 3000),
  deleteRetentionMs: fc.constantFrom(0, 1000)
})
