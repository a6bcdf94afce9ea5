import { readFileSync } from 'node:fs'
import { formatTimestamp } from '../output/format.ts'
import type { DumpFile } from './file-kinds.ts'
import type { Report } from './report.ts'

const OFFSET_ENTRY_BYTES = 8
const TIME_ENTRY_BYTES = 12

/** Offset index: int32 offset (relative to the file's name) and int32 position; both rise. */
export function dumpOffsetIndex(file: DumpFile, report: Report): void {
  const last = { offset: -1, position: -1 }
  dumpEntries(file, report, OFFSET_ENTRY_BYTES, (bytes, at) => {
    const relative = bytes.readInt32BE(at)
    const position = bytes.readInt32BE(at + 4)
    report.item('entry', { offset: file.baseOffset + relative, position })
    if (relative <= last.offset || position <= last.position)
      report.problem(at, 'the entry does not rise above the one before')
    last.offset = relative
    last.position = position
  })
}

/** Time index: int64 milliseconds and int32 offset (relative to the file's name); both rise. */
export function dumpTimeIndex(file: DumpFile, report: Report): void {
  const last = { timestamp: -1, offset: -1 }
  dumpEntries(file, report, TIME_ENTRY_BYTES, (bytes, at) => {
    const timestamp = Number(bytes.readBigInt64BE(at))
    const relative = bytes.readInt32BE(at + 8)
    report.item('entry', { timestamp, time: formatTimestamp(timestamp), offset: file.baseOffset + relative })
    if (timestamp < last.timestamp || relative < last.offset)
      report.problem(at, 'the entry does not rise above the one before')
    last.timestamp = timestamp
    last.offset = relative
  })
}

/** Kafka keeps the indexes of an active segment at full size; what follows the last entry is zero. */
function dumpEntries(
  { path }: DumpFile,
  report: Report,
  entryBytes: number,
  visit: (bytes: Buffer, at: number) => void
): void {
  const bytes = readFileSync(path)
  report.begin(path)
  let usedBytes = bytes.length
  while (usedBytes > 0 && bytes[usedBytes - 1] === 0) usedBytes--
  const count = Math.ceil(usedBytes / entryBytes)
  for (let entry = 0; entry < count; entry++) {
    if ((entry + 1) * entryBytes > bytes.length) report.problem(entry * entryBytes, 'the last entry is cut off')
    else visit(bytes, entry * entryBytes)
  }
  report.end({ file: path, bytes: bytes.length, counts: { entries: count } })
}
