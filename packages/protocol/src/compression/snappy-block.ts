const LITERAL = 0
const SHORT_COPY = 1
/** By kind of copy. */
const OFFSET_BYTES = [0, 1, 2, 4]
/** Longer literals have their length in 1–4 bytes after the tag. */
const LITERAL_SHORT_MAX = 59

/**
 * One raw snappy block (https://github.com/google/snappy/blob/main/format_description.txt) without the length in front:
 * decompresses `block` from byte `from` on into `output`, which must come out exactly full. For machines without the
 * native package; snappyjs only compresses here, because its decompressor does not end on some bad input. Throws
 * RangeError on bad input.
 */
export function decompressSnappyBlock(block: Buffer, from: number, output: Buffer): void {
  let at = from
  let to = 0
  while (at < block.length) {
    const tag = block[at++] as number
    const kind = tag & 3
    if (kind === LITERAL) {
      const extraBytes = Math.max((tag >>> 2) - LITERAL_SHORT_MAX, 0)
      if (at + extraBytes > block.length) throw new RangeError('cut off in a length')
      const count = (extraBytes === 0 ? tag >>> 2 : block.readUIntLE(at, extraBytes)) + 1
      at += extraBytes
      if (at + count > block.length) throw new RangeError('literals beyond the block')
      if (to + count > output.length) throw new RangeError('more output than the block says')
      block.copy(output, to, at, at + count)
      at += count
      to += count
      continue
    }
    const offsetBytes = OFFSET_BYTES[kind] as number
    if (at + offsetBytes > block.length) throw new RangeError('cut off in an offset')
    let offset = block.readUIntLE(at, offsetBytes)
    at += offsetBytes
    if (kind === SHORT_COPY) offset |= (tag >>> 5) << 8
    const count = kind === SHORT_COPY ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
    if (offset === 0 || offset > to) throw new RangeError(`offset ${offset} outside the output`)
    if (to + count > output.length) throw new RangeError('more output than the block says')
    // Byte by byte, because a copy may overlap what it writes: offset 1 repeats a byte.
    for (const end = to + count; to < end; to++) output[to] = output[to - offset] as number
  }
  if (to !== output.length) throw new RangeError('less output than the block says')
}
