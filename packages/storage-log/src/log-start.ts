import type { Disk } from '@streambus/base'
import { readCheckpoint, writeCheckpoint } from './directory/checkpoints.ts'
import { LOG_START_FILE } from './file-names.ts'

/**
 * The log start offset, kept in the partition's own directory so that DeleteRecords costs one small file and not the
 * checkpoint of the whole log directory. Offset null when it is missing or damaged, which `problem` tells apart;
 * the log directory's checkpoint may be older in either direction: a log can begin again below its old start.
 * Checkpoint format with a single line "offset".
 */
export function readLogStart(
  disk: Disk,
  directory: string
): { readonly offset: number | null; readonly problem: string | null } {
  const path = `${directory}/${LOG_START_FILE}`
  if (!disk.exists(path)) return { offset: null, problem: null }
  const { rows, problem } = readCheckpoint(disk, path, 1)
  if (problem !== null) return { offset: null, problem }
  const offset = Number(rows[0]?.[0] ?? -1)
  const isOffset = Number.isSafeInteger(offset) && offset >= 0
  return isOffset ? { offset, problem: null } : { offset: null, problem: 'it holds no offset' }
}

/** Durable when it returns. Throws DiskError. */
export function writeLogStart(disk: Disk, directory: string, offset: number): void {
  writeCheckpoint(disk, `${directory}/${LOG_START_FILE}`, [String(offset)])
}
