import type { ClusterClient } from '@streambus/wire-client'
import { EARLIEST, LATEST, listOffsets } from '../offsets.ts'
import { parseWhole, UsageError } from '../usage-error.ts'

/** Where reading begins. `last` counts from the end of each partition. */
export type Start =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'time'; readonly timestampMs: number }

/** What is to be read of one partition: from `next`, and up to `end` (exclusive). */
export interface Range {
  next: number
  readonly end: number
}

/** Reads --offset and --timestamp; the time wins. Throws UsageError. */
export function parseStart(offset: string, timestamp: string | undefined): Start {
  if (timestamp !== undefined) return { kind: 'time', timestampMs: parseTime(timestamp) }
  if (offset === 'beginning' || offset === 'earliest') return { kind: 'beginning' }
  if (offset === 'end' || offset === 'latest') return { kind: 'end' }
  if (!/^-?\d+$/.test(offset)) {
    throw new UsageError(`--offset is '${offset}'; 'beginning', 'end', an offset N or -N (the last N) is expected`)
  }
  if (offset.startsWith('-')) {
    return { kind: 'last', count: parseWhole(offset.slice(1), '--offset', { min: 0, max: Number.MAX_SAFE_INTEGER }) }
  }
  return { kind: 'offset', offset: parseWhole(offset, '--offset', { min: 0, max: Number.MAX_SAFE_INTEGER }) }
}

function parseTime(text: string): number {
  const timestampMs = /^\d+$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) return timestampMs
  throw new UsageError(
    `--timestamp is '${text}'; a time such as 2026-11-01T12:00:00Z or milliseconds since 1970 are expected`
  )
}

/** Asks for the ends of the log and works out what to read. Throws UsageError for an offset outside the log. */
export async function resolveRanges(
  cluster: ClusterClient,
  topic: string,
  { start, partitions }: { readonly start: Start; readonly partitions: readonly number[] }
): Promise<Map<number, Range>> {
  const ask = (timestampMs: number): Promise<Map<number, number>> =>
    listOffsets(cluster, topic, { partitions, timestampMs })
  const first = await ask(EARLIEST)
  const byTime = start.kind === 'time' ? await ask(start.timestampMs) : null
  // Asked last: what arrives while the others are asked is still read.
  const ends = await ask(LATEST)
  const ranges = new Map<number, Range>()
  for (const partition of partitions) {
    const log = { first: first.get(partition) ?? 0, end: ends.get(partition) ?? 0 }
    const found = byTime?.get(partition) ?? -1
    const next = start.kind === 'time' ? (found < 0 ? log.end : found) : startOffset(start, log)
    if (next < log.first || next > log.end) {
      throw new UsageError(`--offset ${next} is outside partition ${partition}, which has ${log.first} … ${log.end}`)
    }
    ranges.set(partition, { next, end: log.end })
  }
  return ranges
}

/** Pure. */
export function startOffset(start: Exclude<Start, { kind: 'time' }>, log: { first: number; end: number }): number {
  if (start.kind === 'beginning') return log.first
  if (start.kind === 'end') return log.end
  return start.kind === 'offset' ? start.offset : Math.max(log.first, log.end - start.count)
}
