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
