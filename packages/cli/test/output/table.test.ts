import fc from 'fast-check'
import { expect, it } from 'vitest'
import { renderTable } from '../../src/output/table.ts'

it('aligns columns and leaves no spaces at the ends of lines', () => {
  const rows = [
    { name: 'a', count: 5 },
    { name: 'longer\u0007', count: 12345 }
  ]
  const lines = renderTable(
    [
      { title: 'NAME', value: row => row.name },
      { title: 'N', value: row => row.count, align: 'right' },
      { title: '', value: () => '' }
    ],
    rows
  )
  expect(lines).toEqual(['NAME            N', 'a               5', 'longer\\x07  12345'])
})

it('cuts names in the middle until numbers fit, the longest first, and says no less than it must', () => {
  const row = fc.record({ name: fc.string({ maxLength: 300 }), topic: fc.string({ maxLength: 40 }), lag: fc.nat() })
  const columns = [
    { title: 'NAME', value: (each: { name: string }) => each.name, cuts: true },
    { title: 'TOPIC', value: (each: { topic: string }) => each.topic, cuts: true },
    { title: 'LAG', value: (each: { lag: number }) => each.lag, align: 'right' }
  ] as const
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.integer({ min: 30, max: 200 }), (rows, width) => {
      const whole = renderTable(columns, rows)
      const cut = renderTable(columns, rows, width)
      for (const [at, line] of cut.entries()) {
        expect(line.length).toBeLessThanOrEqual(width)
        if (at > 0) expect(line.endsWith(String(rows[at - 1]?.lag))).toBe(true)
      }
      if (Math.max(...whole.map(line => line.length)) <= width) expect(cut).toEqual(whole)
      else expect(Math.max(...cut.map(line => line.length))).toBe(width)
    })
  )
})
