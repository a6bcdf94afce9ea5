import { PassThrough } from 'node:stream'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { OutputBuffer } from '../../src/consume/output-buffer.ts'
import { Sink } from '../../src/sink.ts'

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 100_000, max: 600_000 }).map(length => new Uint8Array(length).fill(length % 251))
)

it('passes everything on, in order, whatever the sizes and however often it is flushed', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 20 }), pieces => {
      const stream = new PassThrough({ highWaterMark: 1 << 30 })
      const output = new OutputBuffer(new Sink(stream))
      for (const [bytes, mustFlush] of pieces) {
        const given = Buffer.from(bytes)
        output.bytes(given)
        given.fill(0)
        output.byte(10)
        if (mustFlush) output.flush()
      }
      output.bytes(null)
      output.flush()
      const expected = Buffer.concat(pieces.flatMap(([bytes]) => [bytes, Uint8Array.of(10)]))
      expect(expected.equals((stream.read() as Buffer | null) ?? Buffer.alloc(0))).toBe(true)
    }),
    { numRuns: 50 }
  )
})
