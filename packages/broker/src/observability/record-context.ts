import { CODEC_BITS, RECORDS_START, readAttributes } from '@streambus/protocol/records'
import { parseTraceparent, TRACEPARENT_BYTES, type TraceContext } from './trace-context.ts'

/** How a record holds the header: the key's length and bytes, the value's length; lengths are zigzag varints. */
const HEADER = Buffer.concat([
  Buffer.from([11 << 1]),
  Buffer.from('traceparent'),
  Buffer.from([TRACEPARENT_BYTES << 1])
])
/** The first record of a batch begins within this; a longer key or value in front of its headers hides them. */
const SEARCHED_BYTES = 4096

/**
 * The context in which a producer made the first record that says so, without reading the records: a few hundred
 * nanoseconds. Null for compressed batches and for those without one. `batch` is one record batch.
 */
export function producerContext(batch: Buffer): TraceContext | null {
  if (batch.length <= RECORDS_START || (readAttributes(batch, 0) & CODEC_BITS) !== 0) return null
  const searched = batch.subarray(RECORDS_START, RECORDS_START + SEARCHED_BYTES)
  const at = searched.indexOf(HEADER)
  if (at === -1) return null
  const start = at + HEADER.length
  return parseTraceparent(searched.toString('latin1', start, start + TRACEPARENT_BYTES))
}
