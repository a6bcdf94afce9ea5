import { type Disk, readWhole, replaceWhole } from '@streambus/base'
import { parseCheckpoint, printCheckpoint } from './directory/checkpoints.ts'
import { LOG_START_FILE } from './file-names.ts'

/**
 * The log start offset, kept in the partition's own directory so that DeleteRecords costs one small file and not the
 * checkpoint of the whole log directory. Null when it is missing or damaged;
 * the log directory's checkpoint may be older in either direction: a log can begin again below its old start.
 * Checkpoint format with a single line "offset".
 */
export function readLogStart(disk: Disk, directory: string): number | null {
  const path = `${directory}/${LOG_START_FILE}`
  if (!disk.exists(path)) return null
  const offset = Number(parseCheckpoint(readWhole(disk, path).toString('utf8'), 1)?.[0]?.[0] ?? -1)
  return Number.isSafeInteger(offset) && offset >= 0 ? offset : null
}

/** Durable when it returns. Throws DiskError. */
export function writeLogStart(disk: Disk, directory: string, offset: number): void {
  replaceWhole(disk, `${directory}/${LOG_START_FILE}`, Buffer.from(printCheckpoint([String(offset)])))
}
