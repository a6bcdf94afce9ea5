import { readFileSync } from 'node:fs'
import { crc32c } from '@streambus/base'
import type { DumpFile } from './file-kinds.ts'
import type { Report } from './report.ts'

const VERSION = 1
const CRC_AT = 2
/** The CRC covers the count and the entries. */
const CRC_START = 6
const HEADER_BYTES = 10
const ENTRY_BYTES = 46

/** Producer snapshot in Kafka's format: version, CRC-32C, count, and 46 bytes per entry. */
export function dumpSnapshot({ path }: DumpFile, report: Report): void {
  const bytes = readFileSync(path)
  report.begin(path)
  const problem = bytes.length < HEADER_BYTES ? `${bytes.length} bytes are too few for a header` : headerProblem(bytes)
  if (problem !== null) report.problem(0, problem)
  let entries = 0
  for (let at = HEADER_BYTES; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    entries++
    report.item('producer', {
      producerId: Number(bytes.readBigInt64BE(at)),
      producerEpoch: bytes.readInt16BE(at + 8),
      lastSequence: bytes.readInt32BE(at + 10),
      lastOffset: Number(bytes.readBigInt64BE(at + 14)),
      offsetDelta: bytes.readInt32BE(at + 22),
      timestamp: Number(bytes.readBigInt64BE(at + 26)),
      coordinatorEpoch: bytes.readInt32BE(at + 34),
      currentTransactionFirstOffset: Number(bytes.readBigInt64BE(at + 38))
    })
  }
  report.end({ file: path, bytes: bytes.length, counts: { producers: entries } })
}

function headerProblem(bytes: Buffer): string | null {
  const version = bytes.readInt16BE(0)
  if (version !== VERSION) return `version is ${version}, only ${VERSION} can be read`
  const crc = crc32c(bytes.subarray(CRC_START))
  if (crc !== bytes.readUInt32BE(CRC_AT)) return `CRC is ${bytes.readUInt32BE(CRC_AT)}, of the bytes it is ${crc}`
  const count = bytes.readInt32BE(CRC_START)
  const expected = HEADER_BYTES + count * ENTRY_BYTES
  return bytes.length === expected ? null : `${count} entries take ${expected} bytes, there are ${bytes.length}`
}
