import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferPool } from '../src/index.ts'

test('a buffer is at least as long as asked and is reused within its class', () => {
  const pool = new BufferPool(1 << 24)
  const first = pool.take(70_000)
  expect(first.length).toBe(131_072)
  pool.give(first)
  expect(pool.take(100_000) === first).toBe(true)
  expect(pool.take(100_000) === first).toBe(false)
})

test('never hands one buffer to two owners and never keeps more than its limit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -8, max: 3_000_000 }), { maxLength: 60 }), steps => {
      const pool = new BufferPool(1 << 21)
      const held: Buffer[] = []
      for (const step of steps) {
        if (step >= 0) {
          const buffer = pool.take(step)
          expect(buffer.length).toBeGreaterThanOrEqual(step)
          expect(held.includes(buffer)).toBe(false)
          held.push(buffer)
        } else {
          const buffer = held.splice(-step % (held.length || 1), 1)[0]
          if (buffer !== undefined) pool.give(buffer)
        }
        expect(pool.takenBytes).toBe(held.reduce((sum, buffer) => sum + buffer.length, 0))
        expect(pool.idleBytes).toBeLessThanOrEqual(1 << 21)
      }
    })
  )
})
