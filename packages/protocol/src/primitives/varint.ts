/** Sizes of Kafka's variable-length integers: seven bits a byte, low bits first; the signed ones are zig-zag coded. */

/** Bytes that `value` (0 … 2^32 − 1) takes as an unsigned varint. */
export function unsignedVarintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x200000) return 3
  return value < 0x10000000 ? 4 : 5
}

/** Bytes that a signed 32-bit `value` takes as a varint. */
export function varintSize(value: number): number {
  return unsignedVarintSize(((value << 1) ^ (value >> 31)) >>> 0)
}

/** Bytes that an integer within ±(2^53 − 1) takes as a varlong. */
export function varlongSize(value: number): number {
  // Zig-zag doubles, so only the bits of the magnitude count: ~value for negative numbers is −value − 1.
  let magnitude = value < 0 ? -(value + 1) : value
  let size = 1
  // 6 bits of magnitude fit into the first byte beside the sign bit, 7 into each further one.
  magnitude = Math.floor(magnitude / 64)
  while (magnitude > 0) {
    size++
    magnitude = Math.floor(magnitude / 128)
  }
  return size
}
