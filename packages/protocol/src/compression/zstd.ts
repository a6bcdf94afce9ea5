import { CorruptCompressedData, DecompressedTooLarge } from './compression-error.ts'
import { asCompressionError } from './gzip.ts'
import { type Outcome, outputChunkBytes, zlib } from './load-zlib.ts'

/** Clients write one frame a batch. Each one costs a decoder, so an attacker's thousands of empty ones are refused. */
const FRAMES_MAX = 64

export function zstdCompress(bytes: Buffer): Buffer {
  return zlib().zstdCompressSync(bytes)
}

/** One or more zstd frames (RFC 8878), nothing after them. */
export function zstdDecompress(bytes: Buffer, outputBytesMax: number): Buffer {
  const frames: Buffer[] = []
  let outputBytes = 0
  let at = 0
  // Node stops after the first frame and ignores what follows, frames and garbage alike.
  do {
    if (frames.length === FRAMES_MAX) throw new CorruptCompressedData('zstd', `more than ${FRAMES_MAX} frames`)
    const { buffer, engine } = decompressFrame(bytes.subarray(at), outputBytesMax)
    at += engine.bytesWritten
    outputBytes += buffer.length
    if (outputBytes > outputBytesMax) throw new DecompressedTooLarge('zstd', outputBytesMax)
    frames.push(buffer)
  } while (at < bytes.length)
  return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames, outputBytes)
}

function decompressFrame(bytes: Buffer, outputBytesMax: number): Outcome {
  try {
    return zlib().zstdDecompressSync(bytes, {
      maxOutputLength: Math.max(outputBytesMax, 1),
      chunkSize: outputChunkBytes(bytes.length, outputBytesMax),
      info: true
    }) as unknown as Outcome
  } catch (error) {
    throw asCompressionError('zstd', error, outputBytesMax)
  }
}
