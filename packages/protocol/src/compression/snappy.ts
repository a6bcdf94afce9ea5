import { createRequire } from 'node:module'
import { CorruptCompressedData, DecompressedTooLarge } from './compression-error.ts'
import { decompressSnappyBlock } from './snappy-block.ts'

/** Raw blocks, as Google's snappy has them. Both throw on bad input. */
export interface SnappyBlocks {
  compress(bytes: Buffer): Buffer
  /** The caller has read the block's length and allows that many bytes. */
  decompress(block: Buffer): Buffer
}

/**
 * The framing of snappy-java, which Java clients write: magic, two versions, then blocks of big-endian length and raw
 * snappy. librdkafka and others write one raw block. Kafka's clients read both.
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
const XERIAL_VERSION = 1
const XERIAL_BLOCK_BYTES = 32 * 1024
/** The densest element: three bytes that copy 64. */
const RATIO_MAX = 22

let loaded: SnappyBlocks | undefined

export function snappyCompress(bytes: Buffer, blocks = loadSnappy()): Buffer {
  const header = Buffer.alloc(XERIAL_HEADER_BYTES)
  XERIAL_MAGIC.copy(header)
  header.writeInt32BE(XERIAL_VERSION, 8)
  header.writeInt32BE(XERIAL_VERSION, 12)
  const parts: Buffer[] = [header]
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const block = blocks.compress(bytes.subarray(at, at + XERIAL_BLOCK_BYTES))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

/** One raw block, or any number of blocks in snappy-java's framing. */
export function snappyDecompress(bytes: Buffer, outputBytesMax: number, blocks = loadSnappy()): Buffer {
  if (!isXerial(bytes, 0)) {
    checkOutput(uncompressedLength(bytes), outputBytesMax)
    return decompressBlock(bytes, blocks)
  }
  const views = xerialBlocks(bytes)
  let outputBytes = 0
  for (const block of views) outputBytes += uncompressedLength(block)
  checkOutput(outputBytes, outputBytesMax)
  const output = Buffer.allocUnsafe(outputBytes)
  let at = 0
  for (const block of views) at += decompressBlock(block, blocks).copy(output, at)
  return output
}

export function nativeSnappy(): SnappyBlocks {
  const native = createRequire(import.meta.url)('snappy') as {
    compressSync(bytes: Buffer, options: { copyOutputData: boolean }): Buffer
    uncompressSync(block: Buffer, options: { copyOutputData: boolean }): Buffer
  }
  // Handing the native memory over instead of copying it costs 4 times as much from 32 KiB on (measured).
  const options = { copyOutputData: true }
  return {
    compress: bytes => native.compressSync(bytes, options),
    decompress: block => native.uncompressSync(block, options)
  }
}

export function scriptSnappy(): SnappyBlocks {
  const script = createRequire(import.meta.url)('snappyjs') as {
    compress(bytes: Buffer): Buffer
  }
  return {
    compress: bytes => script.compress(bytes),
    decompress: block => {
      const { length, from } = blockLength(block)
      const output = Buffer.allocUnsafe(length)
      decompressSnappyBlock(block, from, output)
      return output
    }
  }
}

function loadSnappy(): SnappyBlocks {
  if (loaded !== undefined) return loaded
  try {
    loaded = nativeSnappy()
  } catch {
    loaded = scriptSnappy()
  }
  return loaded
}

function isXerial(bytes: Buffer, at: number): boolean {
  return bytes.length - at >= XERIAL_HEADER_BYTES && XERIAL_MAGIC.compare(bytes, at, at + XERIAL_MAGIC.length) === 0
}

function xerialBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let at = 0
  while (at < bytes.length) {
    // Streams may follow each other, each with its header; snappy-java reads them as one.
    if (isXerial(bytes, at)) {
      at += XERIAL_HEADER_BYTES
      continue
    }
    const length = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1
    if (length <= 0 || at + 4 + length > bytes.length) throw corrupt(`block length ${length} at byte ${at}`)
    blocks.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return blocks
}

function decompressBlock(block: Buffer, blocks: SnappyBlocks): Buffer {
  let output: Buffer
  try {
    output = blocks.decompress(block)
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : 'unreadable', error)
  }
  if (output.length !== uncompressedLength(block)) throw corrupt('the block does not have the length that it says')
  return output
}

/** Refused when the block could not hold that much, so that nothing is allocated for a declared length. */
function uncompressedLength(block: Buffer): number {
  const { length } = blockLength(block)
  if (length <= block.length * RATIO_MAX) return length
  throw corrupt(`${block.length} bytes cannot hold the ${length} that they say`)
}

/** The varint in front of a raw block, and where the block itself begins. */
function blockLength(block: Buffer): { length: number; from: number } {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { length, from: index + 1 }
  }
  throw corrupt('no length in front of the block')
}

function checkOutput(outputBytes: number, outputBytesMax: number): void {
  if (outputBytes > outputBytesMax) throw new DecompressedTooLarge('snappy', outputBytesMax)
}

function corrupt(reason: string, cause?: unknown): CorruptCompressedData {
  return new CorruptCompressedData('snappy', reason, cause)
}
