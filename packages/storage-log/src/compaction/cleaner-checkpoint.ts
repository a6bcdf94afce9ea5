import type { Disk } from '@streambus/base'
import { type OffsetEntry, readOffsetCheckpoint, writeOffsetCheckpoint } from '../directory/checkpoints.ts'

/** Kafka's name of the file in a log directory. */
export const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint'

/**
 * First dirty offset of each partition of a log directory. Empty when the file is missing or damaged: then everything
 * counts as dirty, which costs one round of work.
 */
export function readCleanerCheckpoint(disk: Disk, logDirectory: string): OffsetEntry[] {
  return readOffsetCheckpoint(disk, `${logDirectory}/${CLEANER_CHECKPOINT}`)
}

/**
 * Durable when it returns. To be written after a round's files were swapped in, never before: a log that is called
 * clean and is not would keep a stale value for ever once the newer tombstone is gone. Throws DiskError.
 */
export function writeCleanerCheckpoint(disk: Disk, logDirectory: string, entries: readonly OffsetEntry[]): void {
  writeOffsetCheckpoint(disk, `${logDirectory}/${CLEANER_CHECKPOINT}`, entries)
}
