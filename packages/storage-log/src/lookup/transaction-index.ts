import { crc32c } from '@streambus/base'

const ENTRY_BYTES = 34
const SEAL_BYTES = 32
const VERSION = 0

/** One aborted transaction of a partition (KIP-98): consumers with read_committed drop its records. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** The offset of the abort marker. */
  readonly lastOffset: number
  /** The last stable offset right after the marker: no transaction that ends later began below it. */
  readonly lastStableOffset: number
}

/** What is known of the batches of a segment below `endOffset`, so that nobody has to walk them again. */
export interface IndexSeal {
  readonly endOffset: number
  /** −1: none of them has a timestamp. */
  readonly maxTimestampMs: number
  /** Last offset of the first batch that has it, or −1. */
  readonly maxTimestampOffset: number
  /** Size of the data file with them: one that is shorter has lost some. */
  readonly logBytes: number
}

export interface TransactionIndexFile {
  /** The transactions that were aborted by markers below `seal.endOffset`, by marker offset. */
  readonly aborted: readonly AbortedTransaction[]
  readonly seal: IndexSeal
}

/**
 * File `<base offset>.txnindex`: Kafka's entries, big-endian (int16 version 0, int64 producer id, int64 first offset,
 * int64 last offset, int64 last stable offset), then our seal: int64 end offset, int64 maximum timestamp, int64 its
 * offset, int32 size of the data file, uint32 CRC-32C of everything before it. A missing entry would show aborted
 * records to consumers, so the file needs the seal to be believed; it is shorter than an entry, and Kafka's readers
 * ignore it.
 */
export function encodeTransactionIndex({ aborted, seal }: TransactionIndexFile): Buffer {
  const bytes = Buffer.allocUnsafe(aborted.length * ENTRY_BYTES + SEAL_BYTES)
  let at = 0
  for (const entry of aborted) {
    at = bytes.writeInt16BE(VERSION, at)
    at = bytes.writeBigInt64BE(BigInt(entry.producerId), at)
    at = bytes.writeBigInt64BE(BigInt(entry.firstOffset), at)
    at = bytes.writeBigInt64BE(BigInt(entry.lastOffset), at)
    at = bytes.writeBigInt64BE(BigInt(entry.lastStableOffset), at)
  }
  at = bytes.writeBigInt64BE(BigInt(seal.endOffset), at)
  at = bytes.writeBigInt64BE(BigInt(seal.maxTimestampMs), at)
  at = bytes.writeBigInt64BE(BigInt(seal.maxTimestampOffset), at)
  at = bytes.writeInt32BE(seal.logBytes, at)
  bytes.writeUInt32BE(crc32c(bytes.subarray(0, at)), at)
  return bytes
}

/** Null when the bytes are not a whole file with a valid seal. */
export function decodeTransactionIndex(bytes: Buffer): TransactionIndexFile | null {
  const sealAt = bytes.length - SEAL_BYTES
  if (sealAt < 0 || sealAt % ENTRY_BYTES !== 0) return null
  const crcAt = bytes.length - 4
  if (bytes.readUInt32BE(crcAt) !== crc32c(bytes.subarray(0, crcAt))) return null
  const aborted: AbortedTransaction[] = []
  for (let at = 0; at < sealAt; at += ENTRY_BYTES) {
    aborted.push({
      producerId: Number(bytes.readBigInt64BE(at + 2)),
      firstOffset: Number(bytes.readBigInt64BE(at + 10)),
      lastOffset: Number(bytes.readBigInt64BE(at + 18)),
      lastStableOffset: Number(bytes.readBigInt64BE(at + 26))
    })
  }
  const seal = {
    endOffset: Number(bytes.readBigInt64BE(sealAt)),
    maxTimestampMs: Number(bytes.readBigInt64BE(sealAt + 8)),
    maxTimestampOffset: Number(bytes.readBigInt64BE(sealAt + 16)),
    logBytes: bytes.readInt32BE(sealAt + 24)
  }
  return { aborted, seal }
}
