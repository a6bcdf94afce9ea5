import { type Disk, readWhole, replaceWhole } from '@streambus/base'

export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint'
export const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint'

export interface OffsetEntry {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/**
 * Kafka's checkpoint format: a line with the version (0), a line with the count, then one line per entry.
 * Returns the fields of each line, or null when the text is not a whole checkpoint.
 */
export function parseCheckpoint(text: string, fieldsPerLine: number): string[][] | null {
  const lines = text.split('\n')
  if (lines[0] !== '0' || lines.at(-1) !== '' || Number(lines[1]) !== lines.length - 3) return null
  const rows = lines.slice(2, -1).map(line => line.split(' '))
  return rows.every(row => row.length === fieldsPerLine) ? rows : null
}

export function printCheckpoint(rows: readonly string[]): string {
  return `0\n${rows.length}\n${rows.map(row => `${row}\n`).join('')}`
}

/**
 * Reads a checkpoint of a log directory. A missing or damaged file gives an empty list: every offset in it is a
 * lower bound that only saves work, so forgetting one is safe.
 */
export function readOffsetCheckpoint(disk: Disk, path: string): OffsetEntry[] {
  if (!disk.exists(path)) return []
  const rows = parseCheckpoint(readWhole(disk, path).toString('utf8'), 3) ?? []
  return rows
    .map(([topic = '', partition = '', offset = '']) => ({
      topic,
      partition: Number(partition),
      offset: Number(offset)
    }))
    .filter(entry => Number.isSafeInteger(entry.partition) && Number.isSafeInteger(entry.offset) && entry.offset >= 0)
}

/** Durable when it returns. Throws DiskError. */
export function writeOffsetCheckpoint(disk: Disk, path: string, entries: readonly OffsetEntry[]): void {
  const rows = entries.map(entry => `${entry.topic} ${entry.partition} ${entry.offset}`)
  replaceWhole(disk, path, Buffer.from(printCheckpoint(rows)))
}
