import { crc32c } from '@streambus/base'

/** Producer (2 bytes), sequence (4), filler, CRC-32C of all before it (4). */
const HEAD_BYTES = 6
const CHECKSUM_BYTES = 4
const FILLER_BYTES_MAX = 400

export interface ValueKey {
  readonly producer: number
  /** Counts the records of one producer, from 0. Has nothing to do with the protocol's sequence. */
  readonly sequence: number
}

/** The one value that this producer sends at this place: the reader makes it again and compares byte for byte. */
export function makeValue({ producer, sequence }: ValueKey): Buffer {
  let state = (Math.imul(producer + 1, 0x9e3779b1) ^ Math.imul(sequence + 1, 0x85ebca6b)) >>> 0
  const value = Buffer.allocUnsafe(HEAD_BYTES + (state % FILLER_BYTES_MAX) + CHECKSUM_BYTES)
  const end = value.length - CHECKSUM_BYTES
  value.writeUInt16BE(producer, 0)
  value.writeUInt32BE(sequence, 2)
  for (let at = HEAD_BYTES; at < end; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    value[at] = state >>> 24
  }
  value.writeUInt32BE(crc32c(value.subarray(0, end)), end)
  return value
}

/** Who sent it; null when the bytes are not what that producer sent at that place. */
export function readValue(value: Buffer | null): ValueKey | null {
  if (value === null || value.length < HEAD_BYTES + CHECKSUM_BYTES) return null
  const key = { producer: value.readUInt16BE(0), sequence: value.readUInt32BE(2) }
  return makeValue(key).equals(value) ? key : null
}
