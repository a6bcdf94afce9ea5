import { gzipSync, zstdCompressSync } from 'node:zlib'
import { crc32c } from '@streambus/base'
import type { BatchSummary } from '@streambus/protocol/records'

export interface BatchSpec {
  /** Timestamps of the records; their number is the record count. */
  readonly timestamps: readonly number[]
  readonly valueBytes?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly logAppendTimeMs?: number
  /** A key for each record; null: none. Default: none has one. */
  readonly keys?: readonly (string | null)[]
  /** Records whose value is null. */
  readonly isTombstone?: readonly boolean[]
  /** Makes the bytes of this batch different from others. */
  readonly tag?: number
}

export interface Made {
  readonly bytes: Buffer
  readonly summary: BatchSummary
}

/** An uncompressed batch written from the format's description, independent of the builder that the broker uses. */
export function makeBatch(spec: BatchSpec): Made {
  const { timestamps, valueBytes = 8, tag = 0 } = spec
  const baseTimestamp = timestamps[0] ?? 0
  const records = timestamps.map((timestamp, i) => {
    const key = spec.keys?.[i] ?? null
    return record(timestamp - baseTimestamp, i, { key, isTombstone: spec.isTombstone?.[i] === true, valueBytes, tag })
  })
  const attributes = (spec.logAppendTimeMs === undefined ? 0 : 8) | (spec.isTransactional === true ? 16 : 0)
  const fields = {
    attributes,
    lastOffsetDelta: timestamps.length - 1,
    baseTimestamp,
    maxTimestamp: spec.logAppendTimeMs ?? Math.max(...timestamps),
    producerId: spec.producerId ?? -1,
    producerEpoch: spec.producerId === undefined ? -1 : (spec.producerEpoch ?? 0),
    baseSequence: spec.producerId === undefined ? -1 : (spec.baseSequence ?? 0),
    recordCount: timestamps.length
  }
  const bytes = assemble(fields, records)
  const summary = {
    ...fields,
    sizeBytes: bytes.length,
    isTransactional: spec.isTransactional === true,
    codec: 'none' as const,
    logAppendTimeMs: spec.logAppendTimeMs ?? -1
  }
  return { bytes, summary }
}

/** A marker as a transaction coordinator writes it. */
export function makeMarker(
  producerId: number,
  producerEpoch: number,
  coordinatorEpoch: number,
  type: 'commit' | 'abort' = 'commit'
): Made {
  const key = Buffer.from([0, 0, 0, type === 'commit' ? 1 : 0])
  const value = Buffer.alloc(6)
  value.writeInt32BE(coordinatorEpoch, 2)
  const fields = {
    attributes: 0x30,
    lastOffsetDelta: 0,
    baseTimestamp: 5,
    maxTimestamp: 5,
    producerId,
    producerEpoch,
    baseSequence: -1,
    recordCount: 1
  }
  const body = Buffer.concat([Buffer.from([0, 0, 0]), varint(key.length), key, varint(value.length), value, varint(0)])
  const bytes = assemble(fields, [Buffer.concat([varint(body.length), body])])
  const summary = {
    ...fields,
    sizeBytes: bytes.length,
    isTransactional: true,
    codec: 'none' as const,
    logAppendTimeMs: -1
  }
  return { bytes, summary }
}

function assemble(
  fields: {
    attributes: number
    lastOffsetDelta: number
    baseTimestamp: number
    maxTimestamp: number
    producerId: number
    producerEpoch: number
    baseSequence: number
    recordCount: number
  },
  records: readonly Buffer[]
): Buffer {
  const header = Buffer.alloc(61)
  const bytes = Buffer.concat([header, ...records])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt32BE(-1, 12)
  bytes[16] = 2
  bytes.writeInt16BE(fields.attributes, 21)
  bytes.writeInt32BE(fields.lastOffsetDelta, 23)
  bytes.writeBigInt64BE(BigInt(fields.baseTimestamp), 27)
  bytes.writeBigInt64BE(BigInt(fields.maxTimestamp), 35)
  bytes.writeBigInt64BE(BigInt(fields.producerId), 43)
  bytes.writeInt16BE(fields.producerEpoch, 51)
  bytes.writeInt32BE(fields.baseSequence, 53)
  bytes.writeInt32BE(fields.recordCount, 57)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

function record(
  timestampDelta: number,
  offsetDelta: number,
  content: { key: string | null; isTombstone: boolean; valueBytes: number; tag: number }
): Buffer {
  const key = Buffer.from(content.key ?? '')
  const value = Buffer.alloc(content.isTombstone ? 0 : content.valueBytes, String(content.tag))
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    varint(content.key === null ? -1 : key.length),
    key,
    varint(content.isTombstone ? -1 : value.length),
    value,
    varint(0)
  ])
  return Buffer.concat([varint(body.length), body])
}

function varint(value: number): Buffer {
  let zigzag = (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)
  const out: number[] = []
  do {
    const byte = Number(zigzag & 0x7fn)
    zigzag >>= 7n
    out.push(zigzag > 0n ? byte | 0x80 : byte)
  } while (zigzag > 0n)
  return Buffer.from(out)
}

/** The same records compressed, as a producer would have sent them. */
export function recompressed(made: Made, codec: 'none' | 'gzip' | 'zstd'): Made {
  if (codec === 'none') return made
  const plain = made.bytes.subarray(61)
  const packed = codec === 'gzip' ? gzipSync(plain) : zstdCompressSync(plain)
  const bytes = Buffer.concat([made.bytes.subarray(0, 61), packed])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes[22] = (bytes[22] as number) | (codec === 'gzip' ? 1 : 4)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return { bytes, summary: { ...made.summary, sizeBytes: bytes.length, codec } }
}
