import type { Prng } from '@streambus/base'
import { describe, expect, it } from 'vitest'
import { correlationId } from '../../src/admin/correlation-id.ts'

const prng: Prng = { u32: () => 0xab, bytes: count => new Uint8Array(count) }

describe('correlationId', () => {
  it('takes what callers usually send', () => {
    for (const id of ['a', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'svc:42.7_x', 'x'.repeat(64)]) {
      expect(correlationId(id, prng)).toBe(id)
    }
  })

  it('makes one of 8 characters for none, an empty, an overlong or an unsafe one', () => {
    for (const header of [undefined, '', 'x'.repeat(65), 'a b', 'a\nb', 'a"b', 'ä', ['a', 'b']]) {
      expect(correlationId(header, prng)).toBe('000000ab')
    }
  })
})
