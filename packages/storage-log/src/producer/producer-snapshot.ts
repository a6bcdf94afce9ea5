import { crc32c, type Disk, readWhole, replaceWhole } from '@streambus/base'
import type { ProducerState } from './producer-state.ts'

const VERSION = 1
const HEADER_BYTES = 10
const ENTRIES_START = 6
const ENTRY_BYTES = 46

/**
 * File `<offset>.snapshot`: the producers as of all records below that offset, in Kafka's format, big-endian:
 * int16 version (1), uint32 CRC-32C of what follows, int32 count, then per entry int64 producer id, int16 epoch,
 * int32 last sequence, int64 last offset, int32 offset delta, int64 timestamp, int32 coordinator epoch,
 * int64 first offset of the open transaction (−1: none).
 *
 * Kafka writes one entry per producer and so forgets all but its last batch. We write one entry per kept batch, oldest
 * first: same format, Kafka's reader keeps the last one, and a retry of an older batch is still recognised.
 */
export function encodeSnapshot(state: ProducerState): Buffer {
  let count = 0
  for (const entry of state.values()) count += Math.max(1, entry.batchCount)
  const bytes = Buffer.alloc(HEADER_BYTES + count * ENTRY_BYTES)
  bytes.writeInt16BE(VERSION, 0)
  bytes.writeInt32BE(count, ENTRIES_START)
  let at = HEADER_BYTES
  for (const entry of state.values()) {
    const batches = entry.batchCount
    for (let batch = 0; batch < Math.max(1, batches); batch++) {
      const isEmpty = batches === 0
      const isLast = batch >= batches - 1
      at = bytes.writeBigInt64BE(BigInt(entry.producerId), at)
      at = bytes.writeInt16BE(entry.epoch, at)
      at = bytes.writeInt32BE(isEmpty ? -1 : entry.lastSequenceOf(batch), at)
      at = bytes.writeBigInt64BE(BigInt(isEmpty ? -1 : entry.lastOffsetOf(batch)), at)
      at = bytes.writeInt32BE(isEmpty ? 0 : entry.offsetDeltaOf(batch), at)
      at = bytes.writeBigInt64BE(BigInt(isLast ? entry.lastTimestampMs : entry.timestampOf(batch)), at)
      at = bytes.writeInt32BE(entry.coordinatorEpoch, at)
      at = bytes.writeBigInt64BE(BigInt(entry.txnFirstOffset), at)
    }
  }
  bytes.writeUInt32BE(crc32c(bytes.subarray(ENTRIES_START)), 2)
  return bytes
}

/** Fills the empty `state`; false (and still empty) when the bytes are not a whole, valid snapshot. */
export function decodeSnapshot(
  bytes: Buffer,
  state: ProducerState,
  options: { nowMs: number; expirationMs: number }
): boolean {
  if (bytes.length < HEADER_BYTES || bytes.readInt16BE(0) !== VERSION) return false
  if (bytes.readUInt32BE(2) !== crc32c(bytes.subarray(ENTRIES_START))) return false
  if (bytes.length !== HEADER_BYTES + bytes.readInt32BE(ENTRIES_START) * ENTRY_BYTES) return false
  for (let at = HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    const timestampMs = Number(bytes.readBigInt64BE(at + 26))
    const entry = state.restore(Number(bytes.readBigInt64BE(at)), bytes.readInt16BE(at + 8), options.nowMs)
    const lastOffset = Number(bytes.readBigInt64BE(at + 14))
    if (lastOffset >= 0) entry.addBatch(bytes.readInt32BE(at + 10), lastOffset, bytes.readInt32BE(at + 22), timestampMs)
    entry.lastTimestampMs = timestampMs
    entry.coordinatorEpoch = bytes.readInt32BE(at + 34)
    entry.txnFirstOffset = Number(bytes.readBigInt64BE(at + 38))
    // The file has record timestamps, which may be far older than the write: half the time is left in any case.
    entry.lastActiveMs = Math.min(options.nowMs, Math.max(timestampMs, options.nowMs - options.expirationMs / 2))
  }
  state.reopenTransactions()
  return true
}

/** Durable when it returns. Throws DiskError. */
export function writeSnapshot(disk: Disk, path: string, state: ProducerState): void {
  replaceWhole(disk, path, encodeSnapshot(state))
}

export function readSnapshot(
  disk: Disk,
  path: string,
  options: { state: ProducerState; nowMs: number; expirationMs: number }
): boolean {
  return decodeSnapshot(readWhole(disk, path), options.state, options)
}
