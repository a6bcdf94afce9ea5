import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameError } from '../../src/frame/frame-length.ts'
import { Framer } from '../../src/frame/framer.ts'

const MAX = 70_000

function withLength(body: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(body.length)
  return Buffer.concat([head, body])
}

/** Cuts at the given places, so that any split of the stream can be tried. */
function split(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const sorted = [...cuts, 0, 1].map(cut => cut % (stream.length + 1)).sort((a, b) => a - b)
  return [...sorted, stream.length].map((end, index) => stream.subarray(index === 0 ? 0 : sorted[index - 1], end))
}

const anyBody = fc
  .oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.integer({ min: 900, max: 30_000 }))
  .chain(length => fc.nat(255).map(fill => Buffer.alloc(length, fill)))

test('any split of the stream gives the same frames', () => {
  fc.assert(
    fc.property(fc.array(anyBody, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 60 }), (bodies, cuts) => {
      const framer = new Framer(MAX)
      const stream = Buffer.concat(bodies.map(withLength))
      const frames = split(stream, cuts).flatMap(chunk => framer.push(chunk))
      expect(frames.map(frame => frame.toString('hex'))).toEqual(bodies.map(body => body.toString('hex')))
      expect(framer.pendingBytes).toBe(0)
    }),
    { numRuns: 500 }
  )
})

test('frames sent byte by byte arrive', () => {
  const framer = new Framer(MAX)
  const body = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index & 255))
  const frames: Buffer[] = []
  for (const byte of withLength(body)) frames.push(...framer.push(Buffer.from([byte])))
  expect(frames).toHaveLength(1)
  expect(frames[0]?.equals(body)).toBe(true)
})

test.each([0, -1, -(2 ** 31), 2 ** 31 - 1, MAX + 1, 0x47455420])(
  'length %i is refused on the first four bytes',
  length => {
    const head = Buffer.alloc(4)
    head.writeInt32BE(length)
    expect(() => new Framer(MAX).push(head)).toThrow(FrameError)
    const framer = new Framer(MAX)
    for (const byte of head.subarray(0, 3)) expect(framer.push(Buffer.from([byte]))).toEqual([])
    expect(() => framer.push(head.subarray(3))).toThrow(FrameError)
  }
)

test('the length of the second frame is checked as well', () => {
  const framer = new Framer(MAX)
  expect(() => framer.push(Buffer.concat([withLength(Buffer.from('ok')), Buffer.from('ffffffff', 'hex')]))).toThrow(
    FrameError
  )
})

test('only bytes that arrived are held', () => {
  const framer = new Framer(100 << 20)
  framer.push(Buffer.from('05f5e100', 'hex')) // announces 100 MB
  framer.push(Buffer.alloc(64 << 10))
  expect(framer.pendingBytes).toBe(4 + (64 << 10))
})
