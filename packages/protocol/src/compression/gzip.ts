import { CorruptCompressedData, DecompressedTooLarge } from './compression-error.ts'
import { type Outcome, outputChunkBytes, zlib } from './load-zlib.ts'

export function gzip(bytes: Buffer): Buffer {
  return zlib().gzipSync(bytes)
}

/** One or more gzip members (RFC 1952), nothing after them. */
export function gunzip(bytes: Buffer, outputBytesMax: number): Buffer {
  const { buffer, engine } = gunzipLeading(bytes, outputBytesMax)
  // Node takes zeros after the end for padding.
  if (engine.bytesWritten !== bytes.length) throw new CorruptCompressedData('gzip', 'something follows the end')
  if (buffer.length > outputBytesMax) throw new DecompressedTooLarge('gzip', outputBytesMax)
  return buffer
}

function gunzipLeading(bytes: Buffer, outputBytesMax: number): Outcome {
  try {
    return zlib().gunzipSync(bytes, {
      maxOutputLength: Math.max(outputBytesMax, 1),
      chunkSize: outputChunkBytes(bytes.length, outputBytesMax),
      info: true
    }) as unknown as Outcome
  } catch (error) {
    throw asCompressionError('gzip', error, outputBytesMax)
  }
}

/** Node's errors for gzip and zstd, in our terms. */
export function asCompressionError(codec: string, error: unknown, outputBytesMax: number): unknown {
  if (!(error instanceof Error)) return error
  const code = String((error as NodeJS.ErrnoException).code)
  if (code === 'ERR_BUFFER_TOO_LARGE') return new DecompressedTooLarge(codec, outputBytesMax)
  const isBadInput = code.startsWith('Z_') || code.startsWith('ZSTD_')
  return isBadInput ? new CorruptCompressedData(codec, error.message, error) : error
}
