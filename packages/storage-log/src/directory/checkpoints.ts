import { type Disk, readWhole, replaceWhole } from '@streambus/base'
import { splitChecksumLine, withChecksumLine } from './checksum-line.ts'

export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint'
export const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint'

export interface OffsetEntry {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/**
 * Kafka's checkpoint format: a line with the version (0), a line with the count, then one line per entry.
 * Returns the fields of each line, or null when the text is not a whole list.
 */
export function parseRows(text: string, fieldsPerLine: number): string[][] | null {
  const lines = text.split('\n')
  if (lines[0] !== '0' || lines.at(-1) !== '' || Number(lines[1]) !== lines.length - 3) return null
  const rows = lines.slice(2, -1).map(line => line.split(' '))
  return rows.every(row => row.length === fieldsPerLine) ? rows : null
}

export function printRows(rows: readonly string[]): string {
  return `0\n${rows.length}\n${rows.map(row => `${row}\n`).join('')}`
}

/** What a file says; `problem` is why it is not believed, and then there are no rows. */
export interface CheckpointRows {
  readonly rows: readonly (readonly string[])[]
  readonly problem: string | null
}

/** The rows of a checkpoint and the checksum line behind them. A missing file has no rows and no problem. */
export function readCheckpoint(disk: Disk, path: string, fieldsPerLine: number): CheckpointRows {
  if (!disk.exists(path)) return { rows: [], problem: null }
  const { text, problem } = splitChecksumLine(readWhole(disk, path))
  if (problem !== null) return { rows: [], problem }
  const rows = parseRows(text, fieldsPerLine)
  return rows === null ? { rows: [], problem: 'it is no whole checkpoint' } : { rows, problem: null }
}

/** Durable when it returns. Throws DiskError. */
export function writeCheckpoint(disk: Disk, path: string, rows: readonly string[]): void {
  replaceWhole(disk, path, Buffer.from(withChecksumLine(printRows(rows))))
}

/**
 * Reads a checkpoint of a log directory. A damaged file gives an empty list, as a missing one does: every offset in it
 * only saves work, so forgetting one is safe. The caller says so aloud.
 */
export function readOffsetCheckpoint(
  disk: Disk,
  path: string
): { readonly entries: OffsetEntry[]; readonly problem: string | null } {
  const { rows, problem } = readCheckpoint(disk, path, 3)
  const entries = rows
    .map(([topic = '', partition = '', offset = '']) => ({
      topic,
      partition: Number(partition),
      offset: Number(offset)
    }))
    .filter(entry => Number.isSafeInteger(entry.partition) && Number.isSafeInteger(entry.offset) && entry.offset >= 0)
  return { entries, problem }
}

/** Durable when it returns. Throws DiskError. */
export function writeOffsetCheckpoint(disk: Disk, path: string, entries: readonly OffsetEntry[]): void {
  const rows = entries.map(entry => `${entry.topic} ${entry.partition} ${entry.offset}`)
  writeCheckpoint(disk, path, rows)
}
