import { readFileSync } from 'node:fs'
import { nodeDisk } from '@streambus/base/node'
import { readTransactionSeal, TRANSACTION_ENTRY_BYTES, TRANSACTION_SEAL_BYTES } from '@streambus/storage-log'
import { formatTimestamp } from '../output/format.ts'
import type { DumpFile } from './file-kinds.ts'
import type { Report } from './report.ts'

/**
 * Aborted transactions in Kafka's format: int16 version (0), int64 producer id, first offset, offset of the marker,
 * last stable offset. StreamBus adds a seal, which is shorter than an entry.
 */
export function dumpTransactionIndex({ path }: DumpFile, report: Report): void {
  const bytes = readFileSync(path)
  const seal = readTransactionSeal(nodeDisk, path)
  const endAt = bytes.length - (seal === null ? 0 : TRANSACTION_SEAL_BYTES)
  report.begin(path)
  let entries = 0
  let lastMarker = -1
  for (let at = 0; at < endAt; at += TRANSACTION_ENTRY_BYTES) {
    if (at + TRANSACTION_ENTRY_BYTES > endAt) {
      report.problem(at, `the last entry has ${endAt - at} of ${TRANSACTION_ENTRY_BYTES} bytes`)
      break
    }
    const version = bytes.readInt16BE(at)
    const lastOffset = Number(bytes.readBigInt64BE(at + 18))
    report.item('aborted', {
      version,
      producerId: Number(bytes.readBigInt64BE(at + 2)),
      firstOffset: Number(bytes.readBigInt64BE(at + 10)),
      lastOffset,
      lastStableOffset: Number(bytes.readBigInt64BE(at + 26))
    })
    if (version !== 0) report.problem(at, `version is ${version}, only 0 is known`)
    if (lastOffset <= lastMarker) report.problem(at, 'the entry does not rise above the one before')
    lastMarker = lastOffset
    entries++
  }
  if (seal !== null) {
    const { endOffset, maxTimestampMs, maxTimestampOffset, logBytes, crc, computedCrc } = seal
    const maxTime = formatTimestamp(maxTimestampMs)
    report.item('seal', { endOffset, maxTime, maxTimestampOffset, logBytes, isValid: crc === computedCrc })
    if (crc !== computedCrc) report.problem(bytes.length - 4, `CRC is ${crc}, of the bytes it is ${computedCrc}`)
  }
  report.end({ file: path, bytes: bytes.length, counts: { entries } })
}
