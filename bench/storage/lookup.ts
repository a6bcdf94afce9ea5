import { createHistogram } from 'node:perf_hooks'
import { type Log, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { walkBatches } from '../batch.ts'
import { summary } from '../latency.ts'
import { type Context, check, inDirectory, noteLatency } from './context.ts'
import { openLog } from './logs.ts'
import { dropPageCache } from './page-cache.ts'
import { bytesText, type StorageSizes } from './sizes.ts'
import { SparseLog, type SparseRecord } from './sparse-log.ts'

type Lookup = (log: Log, record: SparseRecord) => void

/** Finds and reads the one batch that holds the offset. */
function byOffset(log: Log, record: SparseRecord): void {
  const { offset, baseOffset } = record
  const read = log.read({ fromOffset: offset, untilOffset: log.logEndOffset, bytesMax: 1, minOneBatch: true })
  check(read.buffer !== null, `nothing was found at offset ${offset}`)
  const count = walkBatches(read.buffer, batch => {
    check(batch.baseOffset === baseOffset, `offset ${offset} led to ${batch.baseOffset}, not to ${baseOffset}`)
  })
  check(count === 1, `offset ${offset} led to ${count} batches`)
  read.release()
}

function byTime(log: Log, record: SparseRecord): void {
  const found = log.offsetForTimestamp(record.timestampMs)
  const { baseOffset, timestampMs } = record
  const isIt = found?.offset === baseOffset && found.timestamp === timestampMs
  check(isIt, `time ${timestampMs} led to offset ${found?.offset}, not to ${baseOffset}`)
}

const LOOKUPS: readonly (readonly [string, Lookup])[] = [
  ['offset', byOffset],
  ['time', byTime]
]

/** Records in places that do not repeat a pattern of the index, the same in each run. */
class Places {
  readonly anywhere: readonly SparseRecord[]
  /** In the newest segment that is not active. */
  readonly newest: readonly SparseRecord[]
  /** For each of `coldCount`: a record of another segment, in turn. */
  readonly inTurn: readonly SparseRecord[]

  constructor(sparse: SparseLog, sizes: StorageSizes['lookup']) {
    const share = (i: number): number => (i * 0.6180339887498949) % 1
    const last = sparse.segmentCount - 1
    const numbers = Array.from({ length: sizes.count }, (_, i) => i)
    // Segment by segment, because the files are opened one at a time.
    const anywhere = new Map<number, SparseRecord>()
    const segmentOf = (i: number): number => Math.floor(share(i * 7 + 3) * sparse.segmentCount)
    for (const i of numbers.toSorted((a, b) => segmentOf(a) - segmentOf(b)))
      anywhere.set(i, sparse.place(segmentOf(i), share(i)))
    this.anywhere = numbers.map(i => anywhere.get(i) as SparseRecord)
    this.newest = numbers.map(i => sparse.place(last, share(i + 0.5)))
    this.inTurn = numbers.slice(0, sizes.coldCount).map(i => sparse.place(i % sparse.segmentCount, share(i + 0.25)))
    sparse.close()
  }
}

/** A log whose indexes must be found good: building one again would walk a file that is mostly hole. */
function openSparse(sparse: SparseLog): Log {
  const probe = {
    ...SILENT_LOG_PROBE,
    indexRebuilt: (file: string) => check(false, `the index of ${file} was not believed`)
  }
  const log = openLog(sparse.directory, { probe, recoveryPoint: sparse.endOffset })
  check(log.logEndOffset === sparse.endOffset && log.sizeBytes === sparse.sizeBytes, `the log ends elsewhere`)
  return log
}

function measureMany(
  context: Context,
  log: Log,
  at: { name: string; lookup: Lookup; of: readonly SparseRecord[] }
): void {
  const histogram = createHistogram({ figures: 3 })
  const { name, lookup, of } = at
  for (const record of of) {
    const startNs = process.hrtime.bigint()
    lookup(log, record)
    histogram.record(process.hrtime.bigint() - startNs)
  }
  noteLatency(context.figures, { name, system: 'log' }, summary(histogram))
}

/** The first look-up in a segment after the log was opened: the index is read for it. */
function measureFirst(
  context: Context,
  sparse: SparseLog,
  at: { name: string; lookup: Lookup; of: readonly SparseRecord[]; isCold: boolean }
): void {
  const histogram = createHistogram({ figures: 3 })
  for (const record of at.of) {
    if (at.isCold) dropPageCache()
    const log = openSparse(sparse)
    const startNs = process.hrtime.bigint()
    at.lookup(log, record)
    histogram.record(process.hrtime.bigint() - startNs)
    log.closeUnclean()
  }
  noteLatency(context.figures, { name: at.name, system: 'log' }, summary(histogram))
}

function measure(context: Context, sparse: SparseLog, places: Places, isDropping: boolean): void {
  const size = bytesText(sparse.segmentCount * context.sizes.lookup.segmentBytes)
  for (const [kind, lookup] of LOOKUPS) {
    const name = `look-up by ${kind} in ${size}`
    const log = openSparse(sparse)
    const newest = { name: `${name}, newest segment`, lookup, of: places.newest }
    measureMany({ ...context, figures: new Map() }, log, newest)
    measureMany(context, log, newest)
    measureMany(context, log, { name: `${name}, anywhere`, lookup, of: places.anywhere })
    log.closeUnclean()
    measureFirst(context, sparse, { name: `${name}, first`, lookup, of: places.inTurn, isCold: false })
    if (!isDropping) continue
    const few = places.inTurn.filter((_, i) => i % 7 === 0)
    measureFirst(context, sparse, { name: `${name}, first, nothing cached`, lookup, of: few, isCold: true })
  }
}

/** By offset and by time in logs of growing size: what counts is how little they differ. */
export async function benchLookup(context: Context): Promise<void> {
  const { progress, sizes } = context
  const isDropping = sizes.dropsPageCache && dropPageCache()
  if (!isDropping) progress('look-up with nothing cached: left out; emptying the page cache takes root')
  for (const logBytes of sizes.lookup.logBytes) {
    await inDirectory('lookup', directory => {
      progress(`look-up: building ${bytesText(logBytes)}`)
      const sparse = new SparseLog(`${directory}/lookup-0`, { ...sizes.lookup, logBytes })
      const places = new Places(sparse, sizes.lookup)
      // The active segment's index is in memory from the start; whatever is looked up here is in a closed one.
      sparse.addEmptySegment()
      for (let repeat = 1; repeat <= sizes.repeats; repeat++) {
        progress(`look-up ${repeat}/${sizes.repeats} in ${bytesText(logBytes)}`)
        measure(context, sparse, places, isDropping)
      }
    })
  }
}
