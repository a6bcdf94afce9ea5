import type { Log } from '../../src/index.ts'
import { readAll } from '../helpers.ts'
import type { Expectation, LedgerState, WrittenBatch } from './ledger.ts'

/** What must be true and is not. */
export class Broken extends Error {
  override readonly name = 'Broken'
}

export function must(isTrue: boolean, message: () => string): asserts isTrue {
  if (!isTrue) throw new Broken(message())
}

/**
 * Everything acknowledged is there, byte by byte and in order; what else is there was written, and forms one piece with
 * it; what was deleted stays deleted. Returns the batches that were found.
 */
export function checkContents(log: Log, expectation: Expectation): readonly WrittenBatch[] {
  const { before, after, dropsAll } = expectation
  const { logStartOffset, logEndOffset } = log
  const lowest = Math.min(before.startOffset, after.startOffset)
  const highest = dropsAll
    ? Math.max(before.endOffset, after.endOffset)
    : Math.max(before.startOffset, after.startOffset)
  must(
    logStartOffset >= lowest && logStartOffset <= highest,
    () => `the log starts at ${logStartOffset}, not in ${lowest} … ${highest}`
  )
  const bytes = readAll(log, logStartOffset, 4000)
  const found = match(log, bytes, { state: after, dropsAll: false }) ?? match(log, bytes, { state: before, dropsAll })
  must(
    found !== null,
    () => `${logStartOffset} … ${logEndOffset} (${bytes.length} bytes) was never in the log like this`
  )
  const acknowledged = dropsAll ? 0 : Math.min(before.acknowledgedOffset, after.acknowledgedOffset)
  must(logEndOffset >= acknowledged, () => `the log ends at ${logEndOffset}, but ${acknowledged} was acknowledged`)
  return found
}

/** The batches of `state` that `bytes` consist of; null when they are none or not in one piece. */
function match(
  log: Log,
  bytes: Buffer,
  { state, dropsAll }: { state: LedgerState; dropsAll: boolean }
): WrittenBatch[] | null {
  const { logStartOffset, logEndOffset } = log
  const wanted = state.batches.filter(batch => batch.lastOffset >= logStartOffset)
  if (bytes.length === 0) return logEndOffset === logStartOffset ? [] : null
  const found: WrittenBatch[] = []
  let at = 0
  for (const batch of wanted) {
    if (at === bytes.length) break
    const end = at + batch.bytes.length
    if (end > bytes.length || bytes.compare(batch.bytes, 0, batch.bytes.length, at, end) !== 0) return null
    found.push(batch)
    at = end
  }
  if (at !== bytes.length || found.at(-1)?.lastOffset !== logEndOffset - 1) return null
  const startsRight = dropsAll || state.hasGaps || (found[0]?.baseOffset ?? 0) <= logStartOffset
  return startsRight ? found : null
}
