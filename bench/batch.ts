import { crc32c } from '@streambus/base'

// Kafka's record batch, magic 2. Written and read here on its own, so that the bench does not check the broker with
// the broker's code.
const HEADER_BYTES = 61
const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const CHECKED_AT = 21
const COUNT_AT = 57

export interface BatchShape {
  readonly recordBytes: number
  readonly recordCount: number
}

/** As many records of `recordBytes` as fit `batchBytes`, at least one. */
export function batchShape(recordBytes: number, batchBytes: number): BatchShape {
  return { recordBytes, recordCount: Math.max(1, Math.floor(batchBytes / recordBytes)) }
}

/** One uncompressed batch of records without keys; `seed` makes its values, which do not compress. Base offset 0. */
export function buildBatch(shape: BatchShape, seed: number): Buffer {
  const { recordBytes, recordCount } = shape
  const values = noise(recordBytes * recordCount, seed)
  const out = Buffer.alloc(HEADER_BYTES + recordCount * (recordBytes + 20))
  let at = HEADER_BYTES
  for (let i = 0; i < recordCount; i++) {
    const deltas = [0, varint(0), varint(i), varint(-1), varint(recordBytes)].flat()
    const length = varint(deltas.length + recordBytes + 1)
    for (const byte of length) out[at++] = byte
    for (const byte of deltas) out[at++] = byte
    at += values.copy(out, at, i * recordBytes, (i + 1) * recordBytes)
    out[at++] = 0 // no headers
  }
  const timestampMs = Math.floor(performance.timeOrigin) // one per process, so that a batch can be built again
  out.writeInt32BE(at - LENGTH_AT - 4, LENGTH_AT)
  out.writeInt8(2, MAGIC_AT)
  out.writeInt32BE(recordCount - 1, 23)
  out.writeBigInt64BE(BigInt(timestampMs), 27)
  out.writeBigInt64BE(BigInt(timestampMs), 35)
  out.fill(0xff, 43, COUNT_AT) // no producer id, epoch or sequence
  out.writeInt32BE(recordCount, COUNT_AT)
  out.writeUInt32BE(crc32c(out.subarray(CHECKED_AT, at)), CRC_AT)
  return out.subarray(0, at)
}

export interface BatchSeen {
  readonly baseOffset: number
  readonly recordCount: number
  readonly crc: number
  /** Value bytes cannot be told without decoding; these are the batch's own bytes. */
  readonly bytes: number
}

/**
 * Walks whole batches in `records`, checking each one's checksum. A cut last batch ends the walk, as clients do.
 * Returns the batches seen.
 */
export function walkBatches(records: Buffer, onBatch: (batch: BatchSeen) => void): number {
  let at = 0
  let count = 0
  while (at + HEADER_BYTES <= records.length) {
    const bytes = records.readInt32BE(at + LENGTH_AT) + LENGTH_AT + 4
    if (records[at + MAGIC_AT] !== 2 || bytes < HEADER_BYTES)
      throw new Error(`no record batch at byte ${at} of the answer`)
    if (at + bytes > records.length) break
    const crc = records.readUInt32BE(at + CRC_AT)
    const actual = crc32c(records.subarray(at + CHECKED_AT, at + bytes))
    if (actual !== crc) throw new Error(`batch at byte ${at} has checksum ${actual}, its header says ${crc}`)
    const baseOffset = Number(records.readBigInt64BE(at))
    onBatch({ baseOffset, recordCount: records.readInt32BE(at + COUNT_AT), crc, bytes })
    at += bytes
    count++
  }
  return count
}

export function batchCrc(batch: Buffer): number {
  return batch.readUInt32BE(CRC_AT)
}

export function stampBaseOffset(batch: Buffer, baseOffset: number): void {
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
}

function varint(value: number): number[] {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  const out: number[] = []
  for (; rest > 0x7f; rest >>>= 7) out.push((rest & 0x7f) | 0x80)
  out.push(rest)
  return out
}

/** xorshift32: the same bytes for the same seed on every machine. */
export function noise(bytes: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4))
  let state = (seed * 2654435761 + 1) >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state = (state ^ (state << 5)) >>> 0
    words[i] = state
  }
  return Buffer.from(words.buffer, 0, bytes)
}

/** Folds `value` into a hash of the work done. */
export function mix(hash: number, value: number): number {
  return (Math.imul(hash, 31) + value) | 0
}
