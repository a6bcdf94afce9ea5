import { describe, expect, it } from 'vitest'
import { clientText } from '../../src/observability/log.ts'

describe('clientText', () => {
  it('replaces what could move a cursor, hide text or forge a line', () => {
    expect(clientText('a\nb\u001b[31mc\u009bd\u202ee')).toBe('a\u{fffd}b\u{fffd}[31mc\u{fffd}d\u{fffd}e')
  })

  it('keeps ordinary names and cuts long ones', () => {
    expect(clientText('orders-v2.größe')).toBe('orders-v2.größe')
    expect(clientText('x'.repeat(300))).toHaveLength(257)
  })
})
