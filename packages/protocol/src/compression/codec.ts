import { unreachable } from '@streambus/base'
import type { CodecName } from './codec-name.ts'
import { gunzip, gzip } from './gzip.ts'
import { lz4Compress, lz4Decompress } from './lz4.ts'
import { snappyCompress, snappyDecompress } from './snappy.ts'
import { zstdCompress, zstdDecompress } from './zstd.ts'

/** Compresses as Kafka's clients do, so that all of them can read the result. `none` returns the bytes themselves. */
export function compress(codec: CodecName, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzip(bytes)
    case 'snappy':
      return snappyCompress(bytes)
    case 'lz4':
      return lz4Compress(bytes)
    case 'zstd':
      return zstdCompress(bytes)
    default:
      return unreachable(codec)
  }
}

/**
 * Throws DecompressedTooLarge above `outputBytesMax` bytes, before they are all in memory, and CorruptCompressedData
 * for anything that is not exactly what the codec writes. `none` returns the bytes themselves.
 */
export function decompress(codec: CodecName, bytes: Buffer, outputBytesMax: number): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gunzip(bytes, outputBytesMax)
    case 'snappy':
      return snappyDecompress(bytes, outputBytesMax)
    case 'lz4':
      return lz4Decompress(bytes, outputBytesMax)
    case 'zstd':
      return zstdDecompress(bytes, outputBytesMax)
    default:
      return unreachable(codec)
  }
}
