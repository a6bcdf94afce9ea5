import { createRequire } from 'node:module'
import { compressBlock } from './lz4-block-writer.ts'

/** One LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), without length or checksum. */
export interface Lz4Blocks {
  compress(bytes: Buffer): Buffer
  /** At most `outputBytesMax` bytes; throws on more and on bad input. */
  decompress(block: Buffer, outputBytesMax: number): Buffer
}

/** The block holds more than its reader has room for. */
export class OutputFull extends RangeError {
  override readonly name = 'OutputFull'

  constructor() {
    super('the block holds more than allowed')
  }
}

const MIN_MATCH = 4
/** Up to here a loop beats calling into the runtime. */
const COPY_BY_HAND_MAX = 32

export function nativeLz4(): Lz4Blocks {
  const native = createRequire(import.meta.url)('lz4-napi') as {
    compressSync(bytes: Buffer): Buffer
    uncompressSync(bytes: Buffer): Buffer
  }
  return {
    // The package puts the uncompressed length in front; frames do not have it.
    compress: bytes => native.compressSync(bytes).subarray(4),
    decompress: (block, outputBytesMax) => {
      const prefixed = Buffer.allocUnsafe(block.length + 4)
      prefixed.writeUInt32LE(outputBytesMax)
      block.copy(prefixed, 4)
      return native.uncompressSync(prefixed)
    }
  }
}

export function scriptLz4(): Lz4Blocks {
  return {
    compress: compressBlock,
    decompress: (block, outputBytesMax) => {
      const output = Buffer.allocUnsafe(outputBytesMax)
      return output.subarray(0, decompressBlock(block, output, 0, outputBytesMax))
    }
  }
}

/**
 * Decompresses `block` into `output` from `at`, not beyond `limit`; matches may reach back before `at`, into earlier
 * blocks of the same frame. Returns the end of what was written. Throws RangeError on bad input, OutputFull on more
 * output.
 */
export function decompressBlock(block: Buffer, output: Buffer, at: number, limit: number): number {
  const end = block.length
  let from = 0
  let to = at
  while (from < end) {
    const token = block[from++] as number
    let literals = token >>> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255) {
        if (from >= end) throw new RangeError('cut off in a length')
        byte = block[from++] as number
        literals += byte
      }
    }
    if (from + literals > end) throw new RangeError('literals beyond the block')
    if (to + literals > limit) throw new OutputFull()
    if (literals > COPY_BY_HAND_MAX) block.copy(output, to, from, from + literals)
    else for (let index = 0; index < literals; index++) output[to + index] = block[from + index] as number
    to += literals
    from += literals
    if (from === end) return to
    if (from + 2 > end) throw new RangeError('cut off in an offset')
    const offset = (block[from] as number) | ((block[from + 1] as number) << 8)
    from += 2
    if (offset === 0 || offset > to) throw new RangeError(`offset ${offset} outside the output`)
    let match = (token & 15) + MIN_MATCH
    if (match === 15 + MIN_MATCH) {
      let byte = 255
      while (byte === 255) {
        if (from >= end) throw new RangeError('cut off in a length')
        byte = block[from++] as number
        match += byte
      }
    }
    if (to + match > limit) throw new OutputFull()
    to = copyMatch(output, to, offset, match)
  }
  throw new RangeError('the block does not end in literals')
}

/** Matches may overlap what they write: offset 1 repeats a byte. */
function copyMatch(output: Buffer, to: number, offset: number, count: number): number {
  if (offset >= count && count > COPY_BY_HAND_MAX) {
    output.copyWithin(to, to - offset, to - offset + count)
    return to + count
  }
  for (let index = 0; index < count; index++) output[to + index] = output[to + index - offset] as number
  return to + count
}
