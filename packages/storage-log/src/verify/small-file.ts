import { type Disk, readWhole } from '@streambus/base'
import { splitChecksumLine } from '../directory/checksum-line.ts'
import type { Say } from './finding.ts'

/** Snapshots and checkpoints are far smaller. */
const BYTES_MAX = 256 * 1024 * 1024

/** The whole file, or null and a finding when it is too large to be one of ours. Throws DiskError. */
export function readLimited(disk: Disk, path: string, say: Say): Buffer | null {
  const file = disk.open(path, { readOnly: true })
  let fileBytes: number
  try {
    fileBytes = file.sizeBytes()
  } finally {
    file.close()
  }
  if (fileBytes <= BYTES_MAX) return readWhole(disk, path)
  say('damage', 'unreadable', -1, `${fileBytes} bytes are more than such a file has (at most ${BYTES_MAX})`)
  return null
}

export interface CheckpointText {
  readonly rows: readonly (readonly number[])[]
  /** Text before the numbers of each row, where there is one. */
  readonly names: readonly string[]
  /** Byte and reason; null when the text is a whole checkpoint. */
  readonly problem: { readonly at: number; readonly message: string } | null
}

export interface CheckpointShape {
  /** A row has so many whole numbers, after a name when `isNamed`. */
  readonly numbers: number
  readonly isNamed: boolean
  /** A file without its checksum line is no checkpoint of ours; Kafka's have none. */
  readonly needsChecksum: boolean
}

/**
 * Kafka's checkpoint format: version 0, number of rows, rows; and our checksum line. Reads as many rows as there are,
 * whatever is wrong.
 */
export function readCheckpointText(bytes: Buffer, row: CheckpointShape): CheckpointText {
  const checksum = splitChecksumLine(bytes)
  const lines = checksum.text.split('\n')
  const rows: number[][] = []
  const names: string[] = []
  let problem: CheckpointText['problem'] = null
  const fail = (at: number, message: string): void => {
    problem ??= { at, message }
  }
  if (lines[0] !== '0') fail(0, `the first line must be the version, 0`)
  let at = (lines[0] ?? '').length + 1 + (lines[1] ?? '').length + 1
  const isEnded = lines.at(-1) === ''
  for (const line of lines.slice(2, isEnded ? -1 : undefined)) {
    const fields = line.split(' ')
    const values = fields.slice(row.isNamed ? 1 : 0)
    const isRow = values.length === row.numbers && values.every(value => /^-?\d{1,16}$/.test(value))
    if (isRow) {
      rows.push(values.map(Number))
      names.push(row.isNamed ? (fields[0] as string) : '')
    } else fail(at, `'${line.slice(0, 80)}' is not ${row.isNamed ? 'a name and ' : ''}${row.numbers} numbers`)
    at += line.length + 1
  }
  if (!isEnded) fail(checksum.text.length, 'the last line does not end')
  const count = /^\d{1,9}$/.test(lines[1] ?? '') ? Number(lines[1]) : -1
  if (count !== rows.length)
    fail(2, `the second line says ${count < 0 ? 'no number' : `${count} rows`}, there are ${rows.length}`)
  if (checksum.problem !== null && (checksum.hasLine || row.needsChecksum)) fail(at, checksum.problem)
  return { rows, names, problem }
}
