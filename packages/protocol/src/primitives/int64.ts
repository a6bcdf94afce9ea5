import { DecodeError, EncodeError } from './codec-error.ts'

/**
 * The only place that turns the wire's 64-bit integers into numbers. Offsets, timestamps and ids fit into 53 bits
 * for any real broker (a million records a second for 285 years), while a BigInt would be allocated for each of them
 * on the hot path. What does not fit is refused, never rounded.
 */
const TWO_32 = 4_294_967_296
// The high word of ±(2^53 − 1). −2^53 itself (high −2^21, low 0) is one too far and checked apart.
const HIGH_MAX = 0x1fffff
const HIGH_MIN = -0x200000

/** Reads eight bytes big-endian. The caller has checked that they are there. Throws DecodeError outside ±(2^53 − 1). */
export function readInt64(bytes: Uint8Array, offset: number): number {
  const high = readInt32(bytes, offset)
  const low = readInt32(bytes, offset + 4) >>> 0
  if (high > HIGH_MAX || high < HIGH_MIN || (high === HIGH_MIN && low === 0)) refuse(high, low, offset)
  return high * TWO_32 + low
}

/**
 * As `readInt64`, but the nearest number it can hold in place of a refusal: for offsets and timestamps that are only
 * compared, where a client may say "the end of time" with 2^63 − 1 and deserves an answer.
 */
export function readClampedInt64(bytes: Uint8Array, offset: number): number {
  const high = readInt32(bytes, offset)
  const low = readInt32(bytes, offset + 4) >>> 0
  if (high > HIGH_MAX) return Number.MAX_SAFE_INTEGER
  if (high < HIGH_MIN || (high === HIGH_MIN && low === 0)) return Number.MIN_SAFE_INTEGER
  return high * TWO_32 + low
}

/**
 * Writes eight bytes big-endian. The caller has made room. Throws EncodeError for anything but an integer within
 * ±(2^53 − 1).
 */
export function writeInt64(bytes: Uint8Array, offset: number, value: number): void {
  if (!Number.isSafeInteger(value)) throw new EncodeError(`${value} is not an integer within ±(2^53 − 1)`)
  writeInt32(bytes, offset, Math.floor(value / TWO_32))
  // ToInt32 takes the value modulo 2^32, which is the low word for negative numbers too.
  writeInt32(bytes, offset + 4, value | 0)
}

/** Joins two words of a two's complement 64-bit integer, `low` unsigned. Throws DecodeError outside ±(2^53 − 1). */
export function joinInt64(high: number, low: number, offset: number): number {
  if (high > HIGH_MAX || high < HIGH_MIN || (high === HIGH_MIN && low === 0)) refuse(high, low, offset)
  return high * TWO_32 + low
}

/** Four bytes big-endian, signed. No bounds check. */
export function readInt32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)
  )
}

/** Four bytes big-endian, the low 32 bits of `value`. No bounds check. */
export function writeInt32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}

function refuse(high: number, low: number, offset: number): never {
  const value = BigInt(high) * BigInt(TWO_32) + BigInt(low)
  throw new DecodeError(`64-bit integer ${value} is outside ±(2^53 − 1)`, offset)
}
