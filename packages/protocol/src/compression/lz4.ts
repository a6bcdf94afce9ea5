import { CorruptCompressedData, DecompressedTooLarge } from './compression-error.ts'
import { decompressBlock, type Lz4Blocks, nativeLz4, OutputFull, scriptLz4 } from './lz4-block.ts'
import { OutputBuffer } from './output-buffer.ts'
import { xxhash32 } from './xxhash32.ts'

/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md) around block functions: the native package
 * has no output limit for frames and reads only the first of several.
 */
const MAGIC = 0x184d2204
const SKIPPABLE_MAGIC = 0x184d2a50
const VERSION_BITS = 0x40
const INDEPENDENT_BIT = 0x20
const BLOCK_CHECKSUM_BIT = 0x10
const CONTENT_SIZE_BIT = 0x08
const CONTENT_CHECKSUM_BIT = 0x04
const RESERVED_BITS = 0x02
const DICTIONARY_BIT = 0x01
/** In a block's length: the bytes are stored as they are. */
const STORED_BIT = 0x80000000
/** What Java clients write: independent blocks of 64 KiB, no checksums. */
const WRITTEN_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
const WRITTEN_BLOCK_BYTES = 64 * 1024
/** Densest possible: a match length byte of 255. The constant is for a block of few bytes. */
const RATIO_MAX = 255
const RATIO_SLACK_BYTES = 64

interface FrameHeader {
  readonly isIndependent: boolean
  readonly hasBlockChecksums: boolean
  readonly hasContentChecksum: boolean
  /** −1: not said. */
  readonly contentBytes: number
  readonly blockBytesMax: number
}

let loaded: Lz4Blocks | undefined

/** One frame as Java clients write it. */
export function lz4Compress(bytes: Buffer, blocks = loadLz4()): Buffer {
  const parts: Buffer[] = [WRITTEN_HEADER]
  for (let at = 0; at < bytes.length; at += WRITTEN_BLOCK_BYTES) {
    const plain = bytes.subarray(at, at + WRITTEN_BLOCK_BYTES)
    const packed = blocks.compress(plain)
    const isStored = packed.length >= plain.length
    parts.push(uint32(isStored ? (plain.length | STORED_BIT) >>> 0 : packed.length), isStored ? plain : packed)
  }
  parts.push(uint32(0))
  return Buffer.concat(parts)
}

/** One or more frames, nothing after them. */
export function lz4Decompress(bytes: Buffer, outputBytesMax: number, blocks = loadLz4()): Buffer {
  const output = new OutputBuffer('lz4', bytes.length * 4, outputBytesMax)
  const reader = new FrameReader(bytes, output, blocks)
  do reader.readFrame()
  while (!reader.isAtEnd)
  return output.toBuffer()
}

function loadLz4(): Lz4Blocks {
  if (loaded !== undefined) return loaded
  try {
    loaded = nativeLz4()
  } catch {
    loaded = scriptLz4()
  }
  return loaded
}

class FrameReader {
  readonly #bytes: Buffer
  readonly #output: OutputBuffer
  readonly #blocks: Lz4Blocks
  #at = 0

  constructor(bytes: Buffer, output: OutputBuffer, blocks: Lz4Blocks) {
    this.#bytes = bytes
    this.#output = output
    this.#blocks = blocks
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  readFrame(): void {
    const magic = this.#uint32()
    if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) {
      this.#take(this.#uint32())
      return
    }
    if (magic !== MAGIC) throw corrupt(`no frame begins at byte ${this.#at - 4}`)
    const header = this.#header()
    const start = this.#output.length
    while (this.#readBlock(header, start)) continue
    const contentBytes = this.#output.length - start
    if (header.contentBytes >= 0 && header.contentBytes !== contentBytes) {
      throw corrupt(`the frame says it holds ${header.contentBytes} bytes, it holds ${contentBytes}`)
    }
    if (!header.hasContentChecksum) return
    const checksum = this.#uint32()
    if (checksum !== xxhash32(this.#output.bytes, start, this.#output.length)) throw corrupt('wrong content checksum')
  }

  #header(): FrameHeader {
    const start = this.#at
    const flags = this.#bytes[this.#take(1)] as number
    const sizes = this.#bytes[this.#take(1)] as number
    if ((flags & 0xc0) !== VERSION_BITS || (flags & RESERVED_BITS) !== 0) throw corrupt(`unknown frame flags ${flags}`)
    const blockSizeId = sizes >>> 4
    if (blockSizeId < 4 || blockSizeId > 7 || (sizes & 0x0f) !== 0) throw corrupt(`unknown block size ${sizes}`)
    if ((flags & DICTIONARY_BIT) !== 0) throw corrupt('the frame needs a dictionary')
    let contentBytes = -1
    if ((flags & CONTENT_SIZE_BIT) !== 0) {
      contentBytes = this.#uint32() + this.#uint32() * 2 ** 32
      if (contentBytes > this.#output.bytesLeft) this.#output.reserve(contentBytes)
    }
    const expected = (xxhash32(this.#bytes, start, this.#at) >>> 8) & 0xff
    if (this.#bytes[this.#take(1)] !== expected) throw corrupt('wrong header checksum')
    return {
      isIndependent: (flags & INDEPENDENT_BIT) !== 0,
      hasBlockChecksums: (flags & BLOCK_CHECKSUM_BIT) !== 0,
      hasContentChecksum: (flags & CONTENT_CHECKSUM_BIT) !== 0,
      contentBytes,
      blockBytesMax: 2 ** (8 + 2 * blockSizeId)
    }
  }

  /** False at the end mark. */
  #readBlock(header: FrameHeader, frameStart: number): boolean {
    const word = this.#uint32()
    if (word === 0) return false
    const isStored = word >= STORED_BIT
    const length = isStored ? word - STORED_BIT : word
    if (length > header.blockBytesMax)
      throw corrupt(`block of ${length} bytes in a frame of at most ${header.blockBytesMax}`)
    const from = this.#take(length)
    const block = this.#bytes.subarray(from, from + length)
    if (header.hasBlockChecksums && this.#uint32() !== xxhash32(block, 0, length)) throw corrupt('wrong block checksum')
    if (isStored) this.#output.append(block)
    else this.#decompress(block, header, frameStart)
    return true
  }

  #decompress(block: Buffer, header: FrameHeader, frameStart: number): void {
    const boundBytes = Math.min(header.blockBytesMax, block.length * RATIO_MAX + RATIO_SLACK_BYTES)
    try {
      if (header.isIndependent || this.#output.length === frameStart) {
        this.#output.append(this.#blocks.decompress(block, boundBytes))
      } else {
        this.#decompressDependent(block, boundBytes, frameStart)
      }
    } catch (error) {
      if (error instanceof DecompressedTooLarge) throw error
      throw corrupt(error instanceof Error ? error.message : 'unreadable block', error)
    }
  }

  /** Matches of the block may reach back up to 64 KiB into the frame's earlier blocks, so it is written behind them. */
  #decompressDependent(block: Buffer, boundBytes: number, frameStart: number): void {
    const output = this.#output
    const roomBytes = Math.min(boundBytes, output.bytesLeft)
    output.reserve(roomBytes)
    const at = output.length - frameStart
    try {
      output.length = frameStart + decompressBlock(block, output.bytes.subarray(frameStart), at, at + roomBytes)
    } catch (error) {
      // Only the caller's limit stood in the way: the rest of what the frame allows is too much.
      if (error instanceof OutputFull && roomBytes < boundBytes) output.reserve(boundBytes)
      throw error
    }
  }

  #uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  /** Moves on by `count` bytes and returns where they begin. */
  #take(count: number): number {
    const at = this.#at
    if (at + count > this.#bytes.length) throw corrupt(`cut off at byte ${this.#bytes.length}`)
    this.#at = at + count
    return at
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function corrupt(reason: string, cause?: unknown): CorruptCompressedData {
  return new CorruptCompressedData('lz4', reason, cause)
}
