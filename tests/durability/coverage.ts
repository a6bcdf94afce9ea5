import type { FileCall } from './strace.ts'

/** An acknowledgement as the client saw it, and the bytes it vouches for. */
export interface Acknowledgement {
  readonly file: string
  /** Where the batch ends in its file. */
  readonly endPosition: number
  /** Milliseconds of the wall clock, rounded down. */
  readonly atMs: number
  readonly what: string
}

interface Sync {
  readonly endedMs: number
  /** Bytes of the file written before it began. */
  readonly covers: number
}

/** The clock of the one who looks counts whole milliseconds. */
const CLOCK_MS = 1

/**
 * Acknowledgements that came before a sync had covered their bytes: one that succeeded, had begun after the bytes were
 * written, and had ended. Each as a sentence.
 */
export function earlyAcknowledgements(calls: readonly FileCall[], acknowledged: readonly Acknowledgement[]): string[] {
  const files = new Map<string, Sync[]>()
  for (const file of new Set(acknowledged.map(({ file: name }) => name))) files.set(file, syncsOf(file, calls))
  return acknowledged.flatMap(({ file, endPosition, atMs, what }) => {
    const syncs = files.get(file) ?? []
    const first = syncs.find(({ covers }) => covers >= endPosition)
    if (first !== undefined && first.endedMs <= atMs + CLOCK_MS) return []
    const when =
      first === undefined ? 'no sync ever covered it' : `${(first.endedMs - atMs).toFixed(1)} ms before its sync ended`
    return [`${what}: acknowledged, ${when}`]
  })
}

/** Completed syncs by their end; `calls` are in the order of beginning. */
function syncsOf(file: string, calls: readonly FileCall[]): Sync[] {
  const own = calls.filter(call => call.file === file && call.result >= 0)
  const writes = own.filter(({ name }) => name.startsWith('pwrite'))
  const syncs = own.filter(({ name }) => name === 'fdatasync' || name === 'fsync')
  let written = 0
  let next = 0
  const found = syncs.map(({ beganMs, endedMs }) => {
    for (let write = writes[next]; write !== undefined && write.endedMs <= beganMs; write = writes[++next]) {
      written = Math.max(written, write.position + write.result)
    }
    return { endedMs, covers: written }
  })
  return found.sort((a, b) => a.endedMs - b.endedMs)
}

/** Syncs of a file after one of it had failed: the page cache calls the lost pages clean, so they prove nothing. */
export function syncsAfterFailure(calls: readonly FileCall[]): string[] {
  const failed = new Map<string, number>()
  const found: string[] = []
  for (const { name, file, beganMs, endedMs, result } of calls) {
    if (name.startsWith('pwrite')) continue
    const sinceMs = failed.get(file)
    if (sinceMs !== undefined && beganMs > sinceMs)
      found.push(`${name} of ${file} ${(beganMs - sinceMs).toFixed(1)} ms after a failed one`)
    if (result < 0) failed.set(file, endedMs)
  }
  return found
}
