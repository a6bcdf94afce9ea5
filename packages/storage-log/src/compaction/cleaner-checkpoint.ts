import type { Disk } from '@streambus/base'
import { type OffsetEntry, writeOffsetCheckpoint } from '../directory/checkpoints.ts'

/**
 * First dirty offset of each partition of a log directory, under Kafka's name. Without it everything counts as dirty,
 * which costs one round of work. An offset that is too high would be worse: a tombstone below it goes, and what it
 * deleted comes back.
 */
export const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint'

/**
 * Durable when it returns. To be written after a round's files were swapped in, never before: a log that is called
 * clean and is not would keep a stale value for ever once the newer tombstone is gone. Throws DiskError.
 */
export function writeCleanerCheckpoint(disk: Disk, logDirectory: string, entries: readonly OffsetEntry[]): void {
  writeOffsetCheckpoint(disk, `${logDirectory}/${CLEANER_CHECKPOINT}`, entries)
}
