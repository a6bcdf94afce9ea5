import { readFileSync } from 'node:fs'
import { snapshotProblem } from '@streambus/storage-log'
import type { DumpFile } from './file-kinds.ts'
import type { Report } from './report.ts'

const HEADER_BYTES = 10
const ENTRY_BYTES = 46

/** Producer snapshot in Kafka's format: version, CRC-32C, count, and 46 bytes per entry. */
export function dumpSnapshot({ path }: DumpFile, report: Report): void {
  const bytes = readFileSync(path)
  report.begin(path)
  const problem = snapshotProblem(bytes)
  if (problem !== null) report.problem(problem.at, problem.message)
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
