// Where things are in a record batch (magic 2). Written apart from the broker's code on purpose: a tally that shared
// its reading of batches would share its mistakes.
const LENGTH_AT = 8
const ATTRIBUTES_AT = 21
const PRODUCER_ID_AT = 43
const PRODUCER_EPOCH_AT = 51
const BASE_SEQUENCE_AT = 53
const COUNT_AT = 57
const HEADER_BYTES = 61
/** Base offset and length field, which the length does not count. */
const BEFORE_LENGTH = 12
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** What a batch says of itself in its header. */
export interface Batch {
  readonly bytes: number
  readonly records: number
  readonly baseOffset: number
  readonly codec: string
  /** Of an idempotent producer: who sent it and as which one; else null. */
  readonly sequence: { readonly producerId: bigint; readonly epoch: number; readonly base: number } | null
}

/** The batches in a buffer, one behind the other. What follows the last whole one is left out. */
export function readBatches(buffer: Buffer): readonly Batch[] {
  const batches: Batch[] = []
  for (let at = 0; at + HEADER_BYTES <= buffer.length; ) {
    const bytes = buffer.readInt32BE(at + LENGTH_AT) + BEFORE_LENGTH
    if (bytes < HEADER_BYTES || at + bytes > buffer.length) break
    const producerId = buffer.readBigInt64BE(at + PRODUCER_ID_AT)
    const [epoch, base] = [buffer.readInt16BE(at + PRODUCER_EPOCH_AT), buffer.readInt32BE(at + BASE_SEQUENCE_AT)]
    batches.push({
      bytes,
      records: buffer.readInt32BE(at + COUNT_AT),
      baseOffset: Number(buffer.readBigInt64BE(at)),
      codec: CODECS[buffer.readInt16BE(at + ATTRIBUTES_AT) & 7] ?? 'other',
      sequence: producerId < 0n ? null : { producerId, epoch, base }
    })
    at += bytes
  }
  return batches
}

export function sumOf(batches: readonly Batch[]): { readonly bytes: number; readonly records: number } {
  let [bytes, records] = [0, 0]
  for (const batch of batches) {
    bytes += batch.bytes
    records += batch.records
  }
  return { bytes, records }
}
