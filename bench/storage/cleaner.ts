import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock, Disk } from '@streambus/base'
import { LOG_CONFIG_DEFAULTS, parseLogFileName } from '@streambus/storage-log'

const COMPACT_LOG = new URL('../../packages/storage-log/src/compaction/compact-log.ts', import.meta.url)
const SWAP = new URL('../../packages/storage-log/src/compaction/swap.ts', import.meta.url)
/** Room for five million keys. */
const KEY_MAP_BYTES = 128 * 1024 * 1024

/** What of one round is needed here. The engine's own types say more. */
export interface CleaningRound {
  readonly directory: string
  readonly segments: readonly object[]
  readonly firstDirtyOffset: number
  readonly upToOffset: number
  readonly decidedOffset: number
  readonly config: object
  readonly nowMs: number
  readonly keyMapBytes: number
  readonly hashSeed: readonly [number, number, number, number]
  readonly lastRecords: readonly object[]
}

export interface Cleaned {
  readonly outcome: 'done' | 'stopped'
  readonly groups: readonly { readonly replaced: readonly number[] }[]
  readonly endOffset: number
  readonly stats: { readonly bytesWritten: number; readonly recordsKept: number; readonly durationMs: number }
}

interface Cleaner {
  compactLog(round: CleaningRound, host: { disk: Disk; clock: Pick<Clock, 'monotonicMs'> }): Cleaned
  swapIn(disk: Disk, directory: string, group: { readonly replaced: readonly number[] }): boolean
}

export function hasCleaner(): boolean {
  return [COMPACT_LOG, SWAP].every(url => fs.existsSync(fileURLToPath(url)))
}

/** By URL, like a program that is started: the engine's entry point does not lead to it. */
export async function cleaner(): Promise<Cleaner> {
  const [compactLog, swap] = await Promise.all([COMPACT_LOG, SWAP].map(url => import(url.href)))
  return { ...(compactLog as Pick<Cleaner, 'compactLog'>), ...(swap as Pick<Cleaner, 'swapIn'>) }
}

/** A round over all closed segments of a log that is not open, none of which has been cleaned before. */
export function roundOver(directory: string, segmentBytes: number): CleaningRound {
  const names = fs.readdirSync(directory)
  const bases = names
    .map(parseLogFileName)
    .filter(name => name?.kind === 'log')
    .map(name => name?.baseOffset ?? 0)
    .toSorted((a, b) => a - b)
  const sizeOf = (base: number, kind: string): number => {
    const file = path.join(directory, `${String(base).padStart(20, '0')}.${kind}`)
    return fs.existsSync(file) ? fs.statSync(file).size : 0
  }
  const segments = bases.map((baseOffset, i) => ({
    baseOffset,
    endOffset: bases[i + 1] ?? baseOffset + 1,
    sizeBytes: sizeOf(baseOffset, 'log'),
    indexBytes: Math.max(sizeOf(baseOffset, 'index'), sizeOf(baseOffset, 'timeindex')),
    firstTimestampMs: -1,
    maxTimestampMs: -1,
    lastModifiedMs: -1
  }))
  const upToOffset = bases.at(-1) ?? 0
  const { indexBytesMax, indexIntervalBytes, maxMessageBytes } = LOG_CONFIG_DEFAULTS
  return {
    directory,
    segments,
    firstDirtyOffset: 0,
    upToOffset,
    decidedOffset: upToOffset,
    config: { deleteRetentionMs: 0, segmentBytes, indexBytesMax, indexIntervalBytes, maxMessageBytes },
    nowMs: Date.now(),
    keyMapBytes: KEY_MAP_BYTES,
    hashSeed: [1, 2, 3, 4],
    lastRecords: []
  }
}
