import { BufferPool } from '@streambus/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from '../../src/net/frame-reader.ts'
import { MemoryBudget } from '../../src/net/memory-budget.ts'

const FREE_BYTES = 64 * 1024

function setup(options: { budgetBytes?: number; frameBytesMax?: number; wanted?: () => boolean } = {}) {
  const frames: Buffer[] = []
  const pool = new BufferPool(1 << 20)
  const budget = new MemoryBudget(options.budgetBytes ?? 1 << 26)
  const reader = new FrameReader({
    frameBytesMax: options.frameBytesMax ?? 1 << 24,
    scratch: Buffer.alloc(4096),
    pool,
    budget,
    onFrame(frame) {
      frames.push(Buffer.from(frame))
      return options.wanted?.() ?? true
    }
  })
  return { reader, frames, pool, budget }
}

function framed(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap(body => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(body.length)
      return [length, body]
    })
  )
}

/** Plays a socket: each read takes at most `size` bytes into the reader's target. */
function feed(reader: FrameReader, stream: Buffer, sizes: readonly number[], afterRead: () => void = () => {}): void {
  let at = 0
  for (let i = 0; at < stream.length; i++) {
    const target = reader.target()
    const count = Math.min(target.length, sizes[i % sizes.length] ?? 1, stream.length - at)
    expect(count).toBeGreaterThan(0)
    stream.copy(target, 0, at, at + count)
    at += count
    reader.advance(count)
    afterRead()
  }
}

const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 12_000 }), { minLength: 1, maxLength: 12 })
const sizes = fc.array(fc.integer({ min: 1, max: 6_000 }), { minLength: 1, maxLength: 8 })

test('any cutting of the stream gives the same frames and gives all buffers back', () => {
  fc.assert(
    fc.property(bodies, sizes, (sent, cuts) => {
      const { reader, frames, pool, budget } = setup()
      feed(reader, framed(sent), cuts)
      expect(frames.map(frame => frame.toString('hex'))).toEqual(sent.map(body => Buffer.from(body).toString('hex')))
      expect([pool.takenBytes, budget.usedBytes, reader.isMidFrame]).toEqual([0, 0, false])
    })
  )
})

test('frames that are held back come later, in order, and none is lost', () => {
  fc.assert(
    fc.property(bodies, sizes, fc.infiniteStream(fc.boolean()), (sent, cuts, verdicts) => {
      let isHeld = false
      const { reader, frames } = setup({
        wanted: () => {
          isHeld = !verdicts.next().value
          return !isHeld
        }
      })
      // A held connection does not read; it goes on only through goOn.
      feed(reader, framed(sent), cuts, () => {
        while (isHeld) {
          isHeld = false
          reader.goOn()
        }
      })
      expect(frames.map(frame => frame.toString('hex'))).toEqual(sent.map(body => Buffer.from(body).toString('hex')))
    })
  )
})

test('a length field alone allocates no more than 64 KiB and is not charged', () => {
  const { reader, pool, budget } = setup({ frameBytesMax: 100_000_000 })
  const head = Buffer.alloc(8)
  head.writeInt32BE(90_000_000)
  feed(reader, head, [8])
  expect(pool.takenBytes).toBe(FREE_BYTES)
  expect(budget.usedBytes).toBe(0)
})

test('a frame grows with what arrives, waits for the budget, and goes on when there is room', () => {
  const { reader, frames, budget } = setup({ budgetBytes: 200_000, frameBytesMax: 1_000_000 })
  expect(budget.tryTake(150_000)).toBe(true)
  const body = Buffer.alloc(300_000, 7)
  const stream = framed([body])
  let at = 0
  const pump = () => {
    while (at < stream.length && !reader.isStarved) {
      const target = reader.target()
      const count = stream.copy(target, 0, at, at + target.length)
      at += count
      reader.advance(count)
    }
  }
  pump()
  expect(reader.isStarved).toBe(true)
  expect(frames).toEqual([])
  budget.give(150_000)
  reader.goOn()
  // 300 kB do not fit beside anything else in 200 kB: alone they do.
  pump()
  expect(frames.length === 1 ? frames[0]?.equals(body) : frames.length).toBe(true)
  expect(budget.usedBytes).toBe(0)
})

test('refuses lengths below 1 and above the limit on the first four bytes', () => {
  for (const length of [0, -1, -(2 ** 31), 1 << 25, 2 ** 31 - 1]) {
    const { reader, pool } = setup()
    const head = Buffer.alloc(4)
    head.writeInt32BE(length)
    expect(() => feed(reader, head, [4])).toThrow(/frame length/)
    reader.release()
    expect(pool.takenBytes).toBe(0)
  }
})

test('many starved readers with bytes in hand cost one try each when something is given back', () => {
  const pool = new BufferPool(1 << 20)
  const budget = new MemoryBudget(100_000)
  budget.take(100_000)
  let tries = 0
  for (let i = 0; i < 40; i++) {
    const scratch = Buffer.alloc(200_000)
    const reader = new FrameReader({ frameBytesMax: 1 << 27, scratch, pool, budget, onFrame: () => true })
    scratch.writeInt32BE(90_000_000)
    reader.target()
    reader.advance(70_000)
    // The own buffer is full and may not grow: what comes on top is held.
    reader.target()
    reader.advance(100_000)
    expect(reader.isStarved).toBe(true)
    const retry = (): void => {
      tries++
      reader.goOn()
      if (reader.isStarved) budget.wait(retry)
    }
    budget.wait(retry)
  }
  budget.give(1)
  expect(tries).toBe(40)
})
