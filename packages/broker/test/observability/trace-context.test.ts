import { type BatchOptions, RecordBatchBuilder } from '@streambus/protocol/records'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RatioSampler } from '../../src/observability/ratio-sampler.ts'
import { producerContext } from '../../src/observability/record-context.ts'
import { parseTraceparent } from '../../src/observability/trace-context.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN_ID = 'b7ad6b7169203331'
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`

describe('traceparent', () => {
  test('says trace, span and whether it is sampled', () => {
    expect(parseTraceparent(TRACEPARENT)).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID, isSampled: true })
    expect(parseTraceparent(`00-${TRACE_ID}-${SPAN_ID}-02`)?.isSampled).toBe(false)
    expect(parseTraceparent(`cc-${TRACE_ID}-${SPAN_ID}-01-what-comes-later`)?.traceId).toBe(TRACE_ID)
  })

  test.each([
    ['nothing', ''],
    ['upper case', TRACEPARENT.toUpperCase()],
    ['version ff', TRACEPARENT.replace(/^00/, 'ff')],
    ['more than version 00 has', `${TRACEPARENT}-x`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    ['a span id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['a short id', `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`]
  ])('is none with %s', (_, text) => expect(parseTraceparent(text)).toBeNull())
})

describe('the context of a batch', () => {
  const batch = (headers: readonly [string, string][], options: BatchOptions = {}): Buffer => {
    const builder = new RecordBatchBuilder()
    builder.append({
      key: null,
      value: Buffer.from('v'),
      timestamp: 1,
      headers: headers.map(([key, value]) => ({ key, value: Buffer.from(value) }))
    })
    return builder.build(options)
  }

  test('is that of the first record that has one, among other headers', () => {
    const headers: [string, string][] = [
      ['a', 'traceparent'],
      ['traceparent', TRACEPARENT]
    ]
    expect(producerContext(batch(headers))?.traceId).toBe(TRACE_ID)
  })

  test('is none without the header, with a wrong one, and for anything that is no batch', () => {
    expect(producerContext(batch([]))).toBeNull()
    expect(producerContext(batch([['traceparent', TRACEPARENT]], { codec: 'gzip' }))).toBeNull()
    expect(producerContext(batch([['traceparent', 'x'.repeat(55)]]))).toBeNull()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => void producerContext(Buffer.from(bytes))),
      { numRuns: 200 }
    )
  })
})

test('a sampler takes the share it is told to, as evenly as can be', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 500 }), (ratio, count) => {
      const sampler = new RatioSampler()
      let taken = 0
      for (let i = 0; i < count; i++) if (sampler.takes(ratio)) taken++
      expect(Math.abs(taken - ratio * count)).toBeLessThanOrEqual(1)
    })
  )
})
