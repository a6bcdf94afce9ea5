import type { RecordHeader, RecordView } from '@streambus/protocol/records'
import { formatTimestamp } from '../output/format.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { jsonContents } from './text.ts'

/** Prints one record of a partition. Synchronous: the record is a view that the next one replaces. */
export type Printer = (record: RecordView, partition: number) => void

export interface RawParts {
  readonly keys: boolean
  readonly headers: boolean
  readonly offsets: boolean
}

const TAB = 0x09
const NEWLINE = 0x0a

/** The value as it is and a newline; before it, if wanted, where it is, its headers and its key, each with a tab. */
export function rawPrinter(output: OutputBuffer, parts: RawParts): Printer {
  return (record, partition) => {
    if (parts.offsets) output.text(`${partition}\t${record.offset}\t${formatTimestamp(record.timestamp)}\t`)
    if (parts.headers) {
      printHeaders(output, record.headers)
      output.byte(TAB)
    }
    if (parts.keys) {
      output.bytes(record.key)
      output.byte(TAB)
    }
    output.bytes(record.value)
    output.byte(NEWLINE)
  }
}

function printHeaders(output: OutputBuffer, headers: readonly RecordHeader[]): void {
  for (const [index, { key, value }] of headers.entries()) {
    output.text(`${index === 0 ? '' : ','}${key}=`)
    output.bytes(value)
  }
}

/** One JSON object a line. */
export function jsonPrinter(output: OutputBuffer, topic: string): Printer {
  return (record, partition) => {
    const { offset, timestamp } = record
    const time = timestamp < 0 ? null : formatTimestamp(timestamp)
    output.text(`${JSON.stringify({ topic, partition, offset, timestamp, time, ...jsonContents(record) })}\n`)
  }
}
