import type { SeededPrng } from '../../../testkit/src/seeded-prng.ts'
import type { Log } from '../../src/index.ts'
import { must } from './contents.ts'
import { announcedEpoch, type Expectation, replay, type WrittenBatch, writtenEpoch } from './ledger.ts'

const PROBES = 3

/** Every look-up gives what a search through all batches gives. A few places per call, drawn by `prng`. */
export function checkLookups(log: Log, batches: readonly WrittenBatch[], prng: SeededPrng): void {
  if (batches.length > 0) {
    for (let i = 0; i < PROBES; i++) checkOffset(log, prng.pick(batches), prng)
    checkTimestamps(log, batches, prng)
  }
  let bytes = 0
  for (const batch of batches) bytes += batch.bytes.length
  const counted = log.bytesBetween(log.logStartOffset, log.logEndOffset)
  must(counted === bytes, () => `bytesBetween says ${counted}, there are ${bytes}`)
  checkAborted(log, batches)
}

function checkOffset(log: Log, batch: WrittenBatch, prng: SeededPrng): void {
  const first = Math.max(batch.baseOffset, log.logStartOffset)
  const fromOffset = first + prng.below(batch.lastOffset - first + 1)
  const read = log.read({ fromOffset, untilOffset: log.logEndOffset, bytesMax: 1, minOneBatch: true })
  const isRight = read.buffer !== null && batch.bytes.equals(read.buffer)
  read.release()
  must(isRight, () => `a read at ${fromOffset} does not give the batch ${batch.baseOffset} … ${batch.lastOffset}`)
}

interface RecordTime {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

function checkTimestamps(log: Log, batches: readonly WrittenBatch[], prng: SeededPrng): void {
  const records: RecordTime[] = []
  for (const batch of batches) {
    for (const { offset, timestamp } of batch.records) {
      if (offset >= log.logStartOffset) records.push({ offset, timestamp, leaderEpoch: batch.leaderEpoch })
    }
  }
  const max = records.reduce((most, record) => Math.max(most, record.timestamp), -1)
  const wanted = [prng.pick(records).timestamp, prng.pick(records).timestamp + 1, 0, max, max + 1]
  for (const timestamp of wanted) {
    const expected = records.find(record => record.timestamp >= timestamp) ?? null
    same(`the first record since ${timestamp}`, log.offsetForTimestamp(timestamp), expected)
  }
  same('the newest record', log.offsetOfMaxTimestamp(), records.find(record => record.timestamp === max) ?? null)
}

function same(what: string, found: RecordTime | null, expected: RecordTime | null): void {
  const isSame =
    found?.offset === expected?.offset &&
    found?.timestamp === expected?.timestamp &&
    found?.leaderEpoch === expected?.leaderEpoch
  must(isSame, () => `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`)
}

/** Only where the log begins at 0: else a transaction may have begun in what was deleted. */
function checkAborted(log: Log, batches: readonly WrittenBatch[]): void {
  if (log.logStartOffset > 0) return
  const { aborted, producers } = replay(batches)
  const found = log.abortedTransactions(0, log.logEndOffset)
  const print = (list: readonly { producerId: number; firstOffset: number; lastOffset: number }[]): string =>
    list.map(({ producerId, firstOffset, lastOffset }) => `${producerId}:${firstOffset}…${lastOffset}`).join(' ')
  must(print(found) === print(aborted), () => `aborted transactions ${print(found)}, not ${print(aborted)}`)
  let undecided = -1
  for (const { openSince } of producers.values()) {
    if (openSince >= 0 && (undecided < 0 || openSince < undecided)) undecided = openSince
  }
  const { firstUndecidedOffset } = log
  must(firstUndecidedOffset === undecided, () => `first undecided offset ${firstUndecidedOffset}, not ${undecided}`)
}

/** The epoch of every batch is the one in its header, and no epoch that was announced and reached is forgotten. */
export function checkEpochs(log: Log, batches: readonly WrittenBatch[], { before, after }: Expectation): void {
  const { logEndOffset, logStartOffset, latestEpoch } = log
  const announced = [announcedEpoch(before, logEndOffset), announcedEpoch(after, logEndOffset)]
  const least = Math.min(...announced)
  const most = Math.max(...announced, writtenEpoch(before, logEndOffset), writtenEpoch(after, logEndOffset))
  must(latestEpoch >= least && latestEpoch <= most, () => `the latest epoch is ${latestEpoch}, not ${least} … ${most}`)
  batches.forEach(({ leaderEpoch, baseOffset }, i) => {
    const found = log.epochOf(Math.max(baseOffset, logStartOffset))
    must(
      found === leaderEpoch,
      () => `offset ${baseOffset} is said to be of epoch ${found}, its batch says ${leaderEpoch}`
    )
    const next = batches[i + 1]
    if (next?.leaderEpoch === leaderEpoch) return
    const end = log.endOffsetForEpoch(leaderEpoch)
    const expected = next?.baseOffset ?? logEndOffset
    must(
      end.epoch === leaderEpoch && end.endOffset === expected,
      () => `epoch ${leaderEpoch} is said to end at ${end.endOffset} (${end.epoch}), not ${expected}`
    )
  })
}
