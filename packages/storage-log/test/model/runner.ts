import { parseLogFileName } from '../../src/file-names.ts'
import { AppendRefused, type AppendResult } from '../../src/index.ts'
import { makeMarker } from '../batches.ts'
import { must } from '../crash/contents.ts'
import { DIRECTORY } from '../helpers.ts'
import { type BatchSpec, batchOf, type Made, NO_PRODUCER } from './batch-of.ts'
import { damage } from './damage.ts'
import { checkBytesBetween, checkConsumer, checkEpochs, checkRead, checkTimes } from './look-ups.ts'
import { type OracleProducer, SEQUENCES } from './oracle.ts'
import { planRound, swapGroups } from './rounds.ts'
import type { BareStep, RecordStep, Run, Step } from './step.ts'
import { World } from './world.ts'

/** So that sequences pass 2^31 − 1 now and then. */
const HIGH_SEQUENCE = SEQUENCES - 4

/** Throws Broken, or what the log throws, with the step in which it happened. */
export function run(what: Run): void {
  const world = new World(what)
  world.check()
  what.steps.forEach((step, i) => {
    try {
      take(world, step)
      world.check()
    } catch (error) {
      throw new Error(`step ${i} (${step.do}): ${error instanceof Error ? error.message : String(error)}`, {
        cause: error
      })
    }
  })
}

function take(world: World, step: Step): void {
  const { log } = world
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the others are bare
  switch (step.do) {
    case 'append': {
      const logAppendTimeMs = step.isLogAppendTime ? world.nowMs : -1
      const records = recordsOf(world, step.records)
      return appendNew(world, batchOf({ ...NO_PRODUCER, records, codec: step.codec, logAppendTimeMs }))
    }
    case 'produce':
      return produce(world, step)
    case 'end transaction':
      return endTransaction(world, step)
    case 'read': {
      const fromOffset = world.offsetAt(step.from)
      const untilOffset = world.offsetAt(step.until)
      return checkRead(world, { fromOffset, untilOffset, bytesMax: step.bytesMax, minOneBatch: step.isMin })
    }
    case 'consume':
      return checkConsumer(world, world.offsetAt(step.from))
    case 'look up':
      checkTimes(world, step.at, step.later)
      return checkEpochs(world)
    case 'bytes between': {
      const [from, until] = [world.offsetAt(step.from), world.offsetAt(step.until)]
      return checkBytesBetween(world, Math.min(from, until), Math.max(from, until))
    }
    case 'truncate':
      return truncate(world, Math.max(0, world.end - step.back))
    case 'restart at':
      return restartAt(world, Math.max(0, world.end + step.by))
    case 'delete records': {
      const offset = world.start + (step.at % (world.highWatermark - world.start + 1))
      log.deleteRecordsBefore(offset)
      return world.startMoved(offset)
    }
    case 'high watermark': {
      const { highWatermark, durable } = world
      world.highWatermark =
        step.at < 0
          ? Math.max(durable, highWatermark)
          : highWatermark + (step.at % (Math.max(0, durable - highWatermark) + 1))
      return
    }
    case 'pass':
      return world.pass(step.ms)
    case 'plan':
      return planRound(world, step)
    case 'swap':
      return swapGroups(world, step.groups)
    case 'stop':
      return stop(world, step)
    default:
      return takeBare(world, step)
  }
}

function takeBare(world: World, { do: name }: { do: BareStep }): void {
  const { log } = world
  switch (name) {
    case 'begin sync':
      return log.requestSync()
    case 'end sync':
      return world.syncCompleted()
    case 'sync':
      log.requestSync()
      world.syncCompleted()
      // One that was under way did not cover everything.
      world.syncCompleted()
      return must(world.durable === world.end, () => `after a sync ${world.durable} of ${world.end} are durable`)
    case 'new epoch':
      log.assignEpoch(++world.leaderEpoch)
      return world.epochAssigned(world.leaderEpoch)
    case 'retain':
      return retain(world)
    case 'roll': {
      const before = log.segmentCount
      const hasRolled = log.maybeRoll(world.nowMs)
      const segments = before + (hasRolled ? 1 : 0)
      if (hasRolled) world.durable = world.end
      return must(log.segmentCount === segments, () => `${log.segmentCount} segments, not ${segments}`)
    }
    case 'expire producers':
      return expireProducers(world)
    case 'snapshot':
      return log.snapshotProducers()
    case 'save caches':
      return log.saveCaches()
    case 'checkpoint':
      return world.opened.checkpoint()
  }
}

function recordsOf(world: World, steps: readonly RecordStep[]): BatchSpec['records'] {
  return steps.map(({ key, value, time }) => ({
    key: key === null ? null : `k${key}`,
    value: value === null ? null : 'v'.repeat(value),
    timestamp: time === null ? -1 : world.nowMs + time
  }))
}

function append(world: World, { bytes, summary }: Made, origin: 'client' | 'coordinator' = 'client'): AppendResult {
  world.leaderEpoch = Math.max(0, world.epoch, world.leaderEpoch)
  const result = world.log.append(bytes, 0, bytes.length, summary, { leaderEpoch: world.leaderEpoch, origin })
  // A roll syncs what it leaves behind.
  world.durable = Math.max(world.durable, Math.min(world.end, world.log.durableEndOffset))
  return result
}

function appendNew(world: World, made: Made, origin: 'client' | 'coordinator' = 'client'): void {
  if (made.bytes.length > world.config.segmentBytes) return
  const { kind } = append(world, made, origin)
  must(kind === 'appended', () => `a new batch is a ${kind}`)
  world.appended(made.bytes)
}

function produce(world: World, step: Extract<Step, { do: 'produce' }>): void {
  const producerId = world.producerIds[step.slot] as number
  const producer = world.producers.get(producerId) ?? null
  const records = recordsOf(world, step.records)
  const base = {
    records,
    codec: 'none',
    logAppendTimeMs: -1,
    isTransactional: step.slot % 2 === 0,
    producerId
  } as const
  if (producer === null) {
    const baseSequence = step.what === 'next' || step.which > 0 ? 0 : HIGH_SEQUENCE
    return appendNew(world, batchOf({ ...base, producerEpoch: 0, baseSequence }))
  }
  const { epoch } = producer
  const next = Math.max(0, producer.nextSequence)
  switch (step.what) {
    case 'next':
      return appendNew(world, batchOf({ ...base, producerEpoch: epoch, baseSequence: next }))
    case 'new epoch':
      return appendNew(world, batchOf({ ...base, producerEpoch: epoch + 1, baseSequence: 0 }))
    case 'retry':
      return retry(world, producer, step)
    case 'gap':
      return refused(
        world,
        batchOf({ ...base, producerEpoch: epoch, baseSequence: (next + 1) % SEQUENCES }),
        'OUT_OF_ORDER_SEQUENCE_NUMBER'
      )
    case 'wrong start': {
      const made = batchOf({ ...base, producerEpoch: epoch + 1, baseSequence: 1 })
      return refused(world, made, 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    }
    case 'old epoch':
      if (epoch === 0) return
      return refused(
        world,
        batchOf({ ...base, producerEpoch: epoch - 1, baseSequence: next }),
        'INVALID_PRODUCER_EPOCH'
      )
  }
}

/** The same sequences again, which the log has to recognise whatever the records are. */
function retry(world: World, producer: OracleProducer, { which, slot }: { which: number; slot: number }): void {
  const producerId = world.producerIds[slot] as number
  const kept = world.thinned.has(producerId) ? producer.kept.slice(-1) : producer.kept
  const original = kept[which % Math.max(1, kept.length)]
  if (original === undefined || original.lastOffset < world.start) return
  const { producerEpoch, baseSequence, baseOffset, lastOffset, isTransactional } = original
  const count = lastOffset - baseOffset + 1
  const records = Array.from({ length: count }, () => ({ key: 'k0', value: 'again', timestamp: 1 }))
  const spec = { records, codec: 'none', logAppendTimeMs: -1, producerId, producerEpoch, baseSequence } as const
  const result = append(world, batchOf({ ...spec, isTransactional }))
  must(result.kind === 'duplicate' && result.baseOffset === baseOffset && result.lastOffset === lastOffset, () => {
    return `producer ${producerId}: the batch ${baseOffset} … ${lastOffset} again is ${JSON.stringify(result)}`
  })
}

function refused(world: World, made: Made, errorName: AppendRefused['errorName']): void {
  let found: string = 'nothing'
  try {
    append(world, made)
  } catch (error) {
    if (!(error instanceof AppendRefused)) throw error
    found = error.errorName
  }
  const isTooLarge = found === 'RECORD_LIST_TOO_LARGE' && made.bytes.length > world.config.segmentBytes
  must(found === errorName || isTooLarge, () => `${found} instead of ${errorName}`)
}

function endTransaction(world: World, step: Extract<Step, { do: 'end transaction' }>): void {
  const open = [...world.producers].filter(([, producer]) => producer.openSince >= 0)
  const chosen = open[step.which % Math.max(1, open.length)]
  if (chosen === undefined) return
  const [producerId, { epoch }] = chosen
  appendNew(world, makeMarker(producerId, epoch + (step.bumpsEpoch ? 1 : 0), 0, step.marker), 'coordinator')
}

function truncate(world: World, offset: number): void {
  if (offset < world.start) return restartAt(world, offset)
  world.log.truncateTo(offset)
  if (offset >= world.end) return
  if (world.round !== null) world.round.isStale = true
  // A batch cannot be cut in two: the one that holds the offset goes as a whole.
  const cut = world.visible.find(batch => batch.lastOffset >= offset)
  emptied(world, Math.min(offset, cut?.baseOffset ?? offset))
}

function restartAt(world: World, offset: number): void {
  world.log.restartAt(offset)
  if (world.round !== null) world.round.isStale = true
  world.batches = []
  world.end = Math.max(world.end, offset + 1)
  world.start = offset
  emptied(world, offset)
}

function emptied(world: World, offset: number): void {
  world.cutAt(offset)
  world.forgetLostProducers()
  if (world.epochStart >= offset || world.visible.length === 0) adoptEpoch(world)
}

/** An epoch that began where nothing is left may be forgotten, one that wrote what is there may not. */
function adoptEpoch(world: World): void {
  const { latestEpoch } = world.log
  const least = world.visible.at(-1)?.leaderEpoch ?? -1
  must(latestEpoch >= least && latestEpoch <= world.leaderEpoch, () => {
    return `the latest epoch is ${latestEpoch}, not in ${least} … ${world.leaderEpoch}`
  })
  world.epoch = latestEpoch
  world.epochStart = world.end
}

function expireProducers(world: World): void {
  const { log, nowMs, config, producers } = world
  log.expireProducers(nowMs)
  const known = new Set(Array.from(log.activeProducers(), entry => entry.producerId))
  for (const [producerId, { earliestMs, latestMs }] of world.activity) {
    const producer = producers.get(producerId)
    const isOpen = producer !== undefined && producer.openSince >= 0
    const isCertain = world.producerIds.includes(producerId) && producer !== undefined
    if (isOpen) continue
    if (nowMs - latestMs >= config.producerIdExpirationMs) {
      must(!known.has(producerId), () => `producer ${producerId} is known ${nowMs - latestMs} ms after its last write`)
    }
    if (isCertain && nowMs - earliestMs < config.producerIdExpirationMs) {
      must(
        known.has(producerId),
        () => `producer ${producerId} is forgotten ${nowMs - earliestMs} ms after its last write`
      )
    } else world.retire(producerId)
  }
}

function retain(world: World): void {
  const { log, start, config, nowMs } = world
  const deletable = Math.min(world.highWatermark, world.durable)
  let { sizeBytes } = log
  log.applyRetention(nowMs, world.highWatermark)
  const { logStartOffset } = log
  must(logStartOffset >= start && logStartOffset <= Math.max(start, deletable), () => {
    return `retention moved the start from ${start} to ${logStartOffset}, but only ${deletable} is decided`
  })
  const kept = { bytes: config.retentionBytes, ms: config.retentionMs }
  for (const { baseOffset, lastOffset, maxTimestamp, records, bytes } of world.visible) {
    if (lastOffset >= logStartOffset || logStartOffset === start) break
    sizeBytes -= bytes.length
    const isExcess = kept.bytes >= 0 && sizeBytes >= kept.bytes
    if (records.length === 0) continue
    const isTooOld = kept.ms >= 0 && (maxTimestamp < 0 || nowMs - maxTimestamp > kept.ms)
    must(isExcess || isTooOld, () => `retention has deleted ${baseOffset} of ${maxTimestamp} without a reason`)
  }
  world.startMoved(logStartOffset)
  checkRetained(world, deletable)
}

/** The oldest segment is still wanted. */
function checkRetained(world: World, deletable: number): void {
  const bases = segmentBases(world)
  const [first, second] = bases
  if (first === undefined || second === undefined || second > deletable) return
  must(second > world.start, () => `the segment ${first} lies below the log start ${world.start}`)
  const { retentionBytes, retentionMs } = world.config
  // The header's time of a batch that compaction has emptied is no record's.
  const timed = world.visible.filter(batch => batch.lastOffset < second && batch.records.length > 0)
  const newest = Math.max(-1, ...timed.map(batch => batch.maxTimestamp))
  const isWanted = retentionMs < 0 || newest < 0 || first < world.start || world.nowMs - newest <= retentionMs
  must(isWanted, () => `the segment ${first} of ${newest} should be gone at ${world.nowMs}`)
  const file = world.disk.open(`${DIRECTORY}/${String(first).padStart(20, '0')}.log`, { readOnly: true })
  const firstBytes = file.sizeBytes()
  file.close()
  const { sizeBytes } = world.log
  const isSmall = retentionBytes < 0 || sizeBytes - firstBytes < retentionBytes
  must(isSmall, () => `the segment ${first} should be gone: ${sizeBytes} bytes in all, ${firstBytes} in it`)
}

function segmentBases(world: World): number[] {
  const parsed = world.disk.list(DIRECTORY).map(({ name }) => parseLogFileName(name))
  return parsed.filter(each => each?.kind === 'log').map(each => each?.baseOffset as number)
}

function stop(world: World, step: Extract<Step, { do: 'stop' }>): void {
  const { disk, opened } = world
  if (step.how === 'clean') opened.closeClean()
  // Both forget the handles, and the files that the log had open.
  if (step.how === 'cut') disk.crash({ choice: { kind: 'random', index: step.seed } })
  else disk.kill()
  const isEpochLost = damage(disk, step.damage)
  world.reopen()
  const { logEndOffset } = world.log
  must(logEndOffset >= world.durable && logEndOffset <= world.end, () => {
    return `the log ends at ${logEndOffset} after a ${step.how}, not in ${world.durable} … ${world.end}`
  })
  must(step.how === 'cut' || logEndOffset === world.end, () => `a ${step.how} has lost records from ${logEndOffset} on`)
  const isSplit = world.batches.some(batch => batch.baseOffset < logEndOffset && batch.lastOffset >= logEndOffset)
  must(!isSplit, () => `the log ends at ${logEndOffset}, in the middle of a batch`)
  world.cutAt(logEndOffset)
  must(world.durable === world.end, () => `after a start ${world.durable} of ${world.end} are durable`)
  if (logEndOffset < world.epochStart || world.visible.length === 0 || isEpochLost) adoptEpoch(world)
  world.stateReloaded()
  world.forgetLostProducers()
}
