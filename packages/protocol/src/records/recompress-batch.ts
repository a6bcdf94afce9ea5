import { compress } from '../compression/codec.ts'
import { type CodecName, codecId } from '../compression/codec-name.ts'
import * as header from './batch-header.ts'
import { decompressOrRefuse } from './batch-refused.ts'

/**
 * The same batch with its records compressed by `codec`, for topics whose `compression.type` is not the producer's.
 * `batch` is one whole, validated batch and is not changed. Offsets, timestamps, producer and type stay; validate the
 * result again, because its size is another. Throws BatchRefused when the records do not decompress or exceed
 * `decompressedBytesMax`.
 */
export function recompressBatch(batch: Buffer, codec: CodecName, decompressedBytesMax: number): Buffer {
  const from = header.readCodec(batch, 0)
  if (from === codec || from === undefined) return batch
  const records = compress(codec, decompressOrRefuse(from, batch.subarray(header.RECORDS_START), decompressedBytesMax))
  const result = Buffer.allocUnsafe(header.HEADER_BYTES + records.length)
  batch.copy(result, 0, 0, header.HEADER_BYTES)
  records.copy(result, header.RECORDS_START)
  result.writeInt32BE(result.length - header.PREFIX_BYTES, header.LENGTH_AT)
  const attributes = header.readAttributes(batch, 0) & ~header.CODEC_BITS
  result.writeInt16BE(attributes | codecId(codec), header.ATTRIBUTES_AT)
  header.recomputeCrc(result, 0, result.length)
  return result
}
