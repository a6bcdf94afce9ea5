import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientText, RepeatedLines } from '../../src/observability/log.ts'
import { capturedLog } from './captured-log.ts'
import { ManualClock } from './manual-clock.ts'

describe('RepeatedLines', () => {
  it('writes one line per key and minute, and the next says how many were left out', () => {
    const clock = new ManualClock()
    const { log, lines } = capturedLog()
    let suppressed = 0
    const repeated = new RepeatedLines(clock, () => suppressed++)
    const write = (key: string): void => repeated.write(key, { log, level: 'warn', message: key, fields: { n: 1 } })
    for (let count = 0; count < 5; count++) write('a')
    write('b')
    clock.advance(59_999)
    write('a')
    clock.advance(1)
    write('a')
    clock.advance(60_000)
    write('a')
    expect(suppressed).toBe(5)
    expect(lines.map(({ message, fields }) => [message, fields['suppressed']])).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['a', 5],
      ['a', undefined]
    ])
    expect(lines[2]?.fields).toEqual({ n: 1, suppressed: 5 })
  })

  it('loses no count: every call is a line or in some line’s number, also beyond the limit of keys', () => {
    const call = fc.record({ key: fc.nat({ max: 9 }), waitMs: fc.constantFrom(0, 0, 0, 40_000) })
    fc.assert(
      fc.property(fc.array(call), fc.integer({ min: 1, max: 4 }), (calls, keysMax) => {
        const clock = new ManualClock()
        const { log, lines } = capturedLog()
        const repeated = new RepeatedLines(clock, () => {}, keysMax)
        for (const { key, waitMs } of calls) {
          clock.advance(waitMs)
          repeated.write(String(key), { log, level: 'warn', message: 'x', fields: { n: 1 } })
        }
        repeated.flush()
        const written = lines.filter(({ fields }) => fields['n'] === 1).length
        const counted = lines.reduce((sum, { fields }) => sum + Number(fields['suppressed'] ?? 0), 0)
        expect(written + counted).toBe(calls.length)
      })
    )
  })
})

describe('clientText', () => {
  it('replaces what could move a cursor, hide text or forge a line', () => {
    expect(clientText('a\nb\u001b[31mc\u009bd\u202ee')).toBe('a\u{fffd}b\u{fffd}[31mc\u{fffd}d\u{fffd}e')
  })

  it('keeps ordinary names and cuts long ones', () => {
    expect(clientText('orders-v2.größe')).toBe('orders-v2.größe')
    expect(clientText('x'.repeat(300))).toHaveLength(257)
  })
})
