import zlib from 'node:zlib'
import { CODEC_NAMES, codecId, RecordBatchBuilder, recomputeCrc } from '@streambus/protocol/records'
import type { SeededPrng } from '@streambus/testkit'

// Byte positions in a record batch, magic 2.
const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const RECORD_COUNT_AT = 57
const RECORDS_AT = 61

type Break = (batch: Buffer, prng: SeededPrng) => Buffer

/** Each makes a good batch one that must be refused; those that end with `sealed` have a right CRC. */
const BREAKS: readonly Break[] = [
  (batch, prng) => edited(batch, CRC_AT, prng.u32()),
  (batch, prng) => batch.subarray(0, prng.below(batch.length)),
  (batch, prng) => edited(batch, LENGTH_AT, prng.pick([-1, 0, 48, 2 ** 31 - 1, batch.length])),
  (batch, prng) => edited(batch, MAGIC_AT, (prng.pick([0, 1, 3, 127, 255]) << 24) >>> 0, 1),
  (batch, prng) => sealed(edited(batch, RECORD_COUNT_AT, prng.pick([-1, 0, 4, 1000, 2 ** 31 - 1]))),
  (batch, prng) => sealed(edited(batch, LAST_OFFSET_DELTA_AT, prng.pick([-1, 0, 7, 2 ** 31 - 1]))),
  // An unknown codec, a transactional batch without a transaction, a control batch from a client.
  (batch, prng) => sealed(edited(batch, ATTRIBUTES_AT, (prng.pick([5, 6, 7, 0x10, 0x20, 0x30]) << 16) >>> 0, 2)),
  // Record lengths that lie.
  (batch, prng) => sealed(edited(batch, RECORDS_AT, prng.pick([0xffffffff, 0xfeffff0f, 0x80808080, 0x01000000]))),
  // Compressed garbage, and a bomb: a few KiB that would become 64 MiB.
  (batch, prng) => compressed(batch, prng, Buffer.from(prng.bytes(200))),
  (batch, prng) => compressed(batch, prng, zlib.gzipSync(Buffer.alloc(64 << 20)), 'gzip')
]
/** The bomb costs time on both sides. */
const BOMB_SHARE = 0.01

/** Bytes for a `records` field that no broker may append. */
export function brokenRecords(prng: SeededPrng): Buffer {
  if (prng.chance(0.1)) return Buffer.from(prng.bytes(prng.below(200)))
  const count = BREAKS.length - (prng.chance(BOMB_SHARE) ? 0 : 1)
  const broken = (BREAKS[prng.below(count)] as Break)(goodBatch(prng), prng)
  // Several batches in one request are refused as a whole.
  return prng.chance(0.1) ? Buffer.concat([goodBatch(prng), broken]) : broken
}

function goodBatch(prng: SeededPrng): Buffer {
  const builder = new RecordBatchBuilder()
  for (let index = 0; index < 3; index++) {
    builder.append({ timestamp: 1_700_000_000_000 + index, key: null, value: Buffer.from(prng.bytes(20)), headers: [] })
  }
  return builder.build()
}

function edited(batch: Buffer, at: number, value: number, bytes = 4): Buffer {
  const copy = Buffer.from(batch)
  const raw = Buffer.alloc(4)
  raw.writeUInt32BE(value >>> 0)
  raw.copy(copy, at, 0, bytes)
  return copy
}

function sealed(batch: Buffer): Buffer {
  recomputeCrc(batch, 0, batch.length)
  return batch
}

function compressed(batch: Buffer, prng: SeededPrng, content: Buffer, codec = prng.pick(CODEC_NAMES.slice(1))): Buffer {
  const whole = Buffer.concat([batch.subarray(0, RECORDS_AT), content])
  whole.writeInt32BE(whole.length - 12, LENGTH_AT)
  whole.writeInt16BE(codecId(codec), ATTRIBUTES_AT)
  return sealed(whole)
}
