import type { CodecName } from '@streambus/protocol/records'
import fc from 'fast-check'
import type { LogConfig } from '../../src/index.ts'

export interface RecordStep {
  /** 0 … 5, or null for a record without a key. */
  readonly key: number | null
  /** Bytes of the value; null: a tombstone. */
  readonly value: number | null
  /** Milliseconds from now on; null: the record has no timestamp. */
  readonly time: number | null
}

export type DamageKind = 'index' | 'timeindex' | 'txnindex' | 'snapshot' | 'epochs'

export interface Damage {
  readonly kind: DamageKind
  /** Which of the files, and where in it. */
  readonly which: number
  readonly at: number
  readonly how: 'delete' | 'cut' | 'zero' | 'flip'
}

/** One thing that happens to a log. Numbers are taken modulo what is there, so that any list of steps is a run. */
export type Step =
  | {
      readonly do: 'append'
      readonly records: readonly RecordStep[]
      readonly codec: CodecName
      readonly isLogAppendTime: boolean
    }
  | {
      readonly do: 'produce'
      readonly slot: number
      readonly what: 'next' | 'retry' | 'gap' | 'new epoch' | 'old epoch' | 'wrong start'
      readonly which: number
      readonly records: readonly RecordStep[]
    }
  | {
      readonly do: 'end transaction'
      readonly which: number
      readonly marker: 'commit' | 'abort'
      readonly bumpsEpoch: boolean
    }
  | {
      readonly do: 'read'
      readonly from: number
      readonly bytesMax: number
      readonly until: number
      readonly isMin: boolean
    }
  | { readonly do: 'consume'; readonly from: number }
  | { readonly do: 'look up'; readonly at: number; readonly later: number }
  | { readonly do: 'bytes between'; readonly from: number; readonly until: number }
  | { readonly do: 'truncate'; readonly back: number }
  | { readonly do: 'restart at'; readonly by: number }
  | { readonly do: 'delete records'; readonly at: number }
  | { readonly do: 'high watermark'; readonly at: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'plan'; readonly keys: number; readonly stopAfter: number }
  | { readonly do: 'swap'; readonly groups: number }
  | {
      readonly do: 'stop'
      readonly how: 'clean' | 'kill' | 'cut'
      readonly seed: number
      readonly damage: readonly Damage[]
    }
  | { readonly do: BareStep }

/** Those that take no numbers. */
export type BareStep =
  | 'begin sync'
  | 'end sync'
  | 'sync'
  | 'new epoch'
  | 'retain'
  | 'roll'
  | 'expire producers'
  | 'snapshot'
  | 'save caches'
  | 'checkpoint'

export interface Run {
  readonly config: Partial<LogConfig>
  /** Files that may be open at once. */
  readonly openFiles: number
  readonly steps: readonly Step[]
}

const ANY = fc.nat(10_000)

const record: fc.Arbitrary<RecordStep> = fc.record({
  key: fc.oneof({ weight: 12, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.constant(null) }),
  value: fc.oneof(
    { weight: 8, arbitrary: fc.nat(60) },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.nat(300) }
  ),
  time: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -20, max: 20 }) },
    { weight: 2, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: -3000, max: 500 }) },
    { weight: 1, arbitrary: fc.constant(null) }
  )
})
const records = fc.array(record, { minLength: 1, maxLength: 4 })

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom<DamageKind[]>('index', 'timeindex', 'txnindex', 'snapshot', 'epochs'),
  which: ANY,
  at: ANY,
  how: fc.constantFrom('delete', 'cut', 'zero', 'flip')
})

const append: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('append' as const),
  records,
  codec: fc.constantFrom<CodecName[]>('none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'),
  isLogAppendTime: fc.integer({ min: 0, max: 9 }).map(n => n === 9)
})

const produce: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('produce' as const),
  slot: fc.nat(3),
  what: fc.constantFrom(
    'next',
    'next',
    'next',
    'next',
    'next',
    'retry',
    'gap',
    'new epoch',
    'old epoch',
    'wrong start'
  ),
  which: fc.nat(5),
  records
})

const stop: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('stop' as const),
  how: fc.constantFrom('clean', 'kill', 'cut'),
  seed: ANY,
  damage: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(damage, { maxLength: 3 }) }
  )
})

const bare = fc
  .constantFrom(
    'begin sync',
    'end sync',
    'sync',
    'sync',
    'sync',
    'new epoch',
    'retain',
    'retain',
    'roll',
    'roll',
    'expire producers',
    'snapshot',
    'save caches',
    'checkpoint'
  )
  .map(name => ({ do: name }) as Step)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: append },
  { weight: 9, arbitrary: produce },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end transaction' as const),
      which: fc.nat(3),
      marker: fc.constantFrom('commit', 'abort'),
      bumpsEpoch: fc.boolean()
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      from: ANY,
      bytesMax: fc.nat(2000),
      until: ANY,
      isMin: fc.boolean()
    })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('consume' as const), from: ANY }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('look up' as const), at: ANY, later: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bytes between' as const), from: ANY, until: ANY }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('truncate' as const), back: fc.nat(25) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restart at' as const), by: fc.integer({ min: -20, max: 20 }) })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete records' as const), at: ANY }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('high watermark' as const), at: fc.oneof(fc.constant(-1), ANY) })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.oneof(fc.nat(100), fc.nat(5000), fc.constantFrom(-4000, 60_000))
    })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('plan' as const),
      keys: fc.constantFrom(1, 4, 100, 100),
      stopAfter: fc.oneof(fc.constant(-1), fc.nat(30))
    })
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('swap' as const), groups: fc.constantFrom(1, 100, 100, 100) }) },
  { weight: 4, arbitrary: stop },
  { weight: 10, arbitrary: bare }
)

const config: fc.Arbitrary<Partial<LogConfig>> = fc.record({
  segmentBytes: fc.integer({ min: 700, max: 3000 }),
  segmentMs: fc.constantFrom(2000, 1_000_000),
  indexIntervalBytes: fc.integer({ min: 50, max: 500 }),
  retentionBytes: fc.constantFrom(-1, -1, 0, 2000),
  retentionMs: fc.constantFrom(-1, -1, 4000),
  minCompactionLagMs: fc.constantFrom(0, 0, 1500),
  deleteRetentionMs: fc.constantFrom(0, 1000),
  producerIdExpirationMs: fc.constantFrom(3000, 100_000)
})

/** `stepsMax`: how long a run can be. */
export function runs(stepsMax: number): fc.Arbitrary<Run> {
  return fc.record({
    config,
    openFiles: fc.constantFrom(1, 2, 4, 64),
    steps: fc.array(step, { minLength: 1, maxLength: stepsMax, size: 'max' })
  })
}
