import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatOffset, parseOffsets } from '../../src/group/offsets-file.ts'

const PLACE = { path: 'f.csv', groupId: 'g, "1"' }

describe('a file of offsets', () => {
  it('has three columns, or four with the group, empty lines and titles', () => {
    const text = '\uFEFFtopic,partition,offset\r\norders, 0 ,5\r\n\n"g, ""1""",orders,1,6\nother,orders,0,9\n'
    expect(parseOffsets(text, PLACE)).toEqual({
      offsets: [
        { topic: 'orders', partition: 0, offset: 5 },
        { topic: 'orders', partition: 1, offset: 6 }
      ],
      otherCount: 1
    })
  })

  it.each([
    ['orders,0', "line 1 has 2 column(s): 'orders,0'; topic,partition,offset"],
    ['a,b,c,d,e', 'line 1 has 5 column(s)'],
    ['\norders,x,5', "line 2: partition is 'x'; a whole number of 0 … 2147483647"],
    ['orders,0,-1', "line 1: offset is '-1'; a whole number of 0 … 9007199254740991"],
    ['orders,0,', "line 1: offset is ''"],
    [',0,5', 'line 1: the topic is empty'],
    ['orders,0,5\norders,0,6', 'line 2: partition 0 of orders was on line 1 already']
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseOffsets(text, PLACE)).toThrow(`--from-file f.csv, ${message}`)
  })

  it('is read as it was written', () => {
    const topic = fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/)
    const row = fc.record({ topic, partition: fc.nat(), offset: fc.maxSafeNat() })
    const rows = fc.uniqueArray(row, { selector: each => `${each.topic}-${each.partition}` })
    fc.assert(
      fc.property(rows, offsets => {
        expect(parseOffsets(offsets.map(formatOffset).join('\n'), PLACE).offsets).toEqual(offsets)
      })
    )
  })

  it('never throws anything but what a user can act on', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', ' ') }), text => {
        try {
          parseOffsets(text, PLACE)
        } catch (error) {
          expect((error as Error).message).toMatch(/^--from-file f\.csv, line \d+/)
        }
      })
    )
  })
})
