import { expect, test } from 'vitest'
import { DecodeError, EncodeError } from '../../src/primitives/codec-error.ts'
import { WireReader } from '../../src/primitives/wire-reader.ts'
import { WireWriter } from '../../src/primitives/wire-writer.ts'
import { array, fields, int8, int16, int32, message, string, struct } from '../../src/schema/index.ts'

const place = fields(string('host'), int32('port'))
const sample = message({
  name: 'Sample',
  versions: '0-3',
  flexible: '2+',
  fields: [
    int8('kind'),
    int16('added', { since: 1, fallback: -1 }),
    string('gone', { until: 1 }),
    string('quiet', { since: 2, ignorable: true }),
    array('places', place, { nullable: '1+' }),
    struct('home', place, { since: 1, nullable: '1+', fallback: null }),
    int32('late', { since: 2, tag: 3 }),
    struct('leader', [int32('id', { fallback: -1 })], { since: 2, tag: 1 })
  ]
})

/** Hex that is spaced out by field. */
const spaced = (text: string): string => text.replaceAll(' ', '')

type SampleInput = Parameters<typeof sample.encode>[1]

function hex(value: SampleInput, version: number): string {
  const writer = new WireWriter()
  sample.encode(writer, value, version)
  return Buffer.concat(writer.chunks()).toString('hex')
}

const decode = (text: string, version: number): unknown =>
  sample.decode(new WireReader(Buffer.from(spaced(text), 'hex')), version)

test('each version has its own shape', () => {
  const value = { kind: 5, places: [{ host: 'a', port: 1 }] }
  expect(hex(value, 0)).toBe(spaced('05 0000 00000001 000161 00000001'))
  expect(hex(value, 1)).toBe(spaced('05 ffff 0000 00000001 000161 00000001 ff'))
  expect(hex(value, 2)).toBe(spaced('05 ffff 01 02 0261 00000001 00 ff 00'))
})

test('null goes only where the version allows it', () => {
  expect(hex({ kind: 0, places: null }, 1)).toBe(spaced('00 ffff 0000 ffffffff ff'))
  expect(() => hex({ kind: 0, places: null }, 0)).toThrow(/Sample v0\.places: version 0 does not allow null/)
  expect(() => decode('00 0000 ffffffff', 0)).toThrow(/Sample v0\.places: array is null/)
})

test('a nullable structure has a byte in front', () => {
  const text = hex({ kind: 0, places: [], home: { host: '', port: 2 } }, 1)
  expect(text).toBe(spaced('00 ffff 0000 00000000 01 0000 00000002'))
  expect(decode(text, 1)).toMatchObject({ home: { host: '', port: 2 } })
})

test('tagged fields ascend and are written only when they differ from their fallback', () => {
  const body = '00 ffff 01 01 ff'
  expect(hex({ kind: 0, places: [], late: 0, leader: { id: -1 } }, 2)).toBe(spaced(`${body}00`))
  expect(hex({ kind: 0, places: [], late: 9, leader: { id: 4 } }, 2)).toBe(
    spaced(`${body}02 0105 0000000400 0304 00000009`)
  )
})

test('unknown tagged fields are skipped and not kept', () => {
  const body = '00 ffff 01 01 ff'
  const known = decode(`${body}01 0304 00000009`, 2)
  expect(decode(`${body}03 0002beef 0304 00000009 0700`, 2)).toEqual(known)
})

test('a tagged field must fill its size exactly', () => {
  const body = '00 ffff 01 01 ff'
  expect(() => decode(`${body}01 0305 0000000900`, 2)).toThrow(/late: tagged field has 1 bytes too many/)
  expect(() => decode(`${body}01 0303 000000`, 2)).toThrow(DecodeError)
})

test('fields that the version lacks decode to their fallback', () => {
  expect(decode('05 000161 00000000', 0)).toEqual({
    kind: 5,
    added: -1,
    gone: 'a',
    quiet: '',
    places: [],
    home: null,
    late: 0,
    leader: { id: -1 }
  })
})

test('a value that the version cannot carry is refused unless ignorable', () => {
  expect(hex({ kind: 0, places: [], quiet: 'dropped' }, 0)).toBe(hex({ kind: 0, places: [] }, 0))
  expect(() => hex({ kind: 0, places: [], added: 1 }, 0)).toThrow(/added: version 0 lacks this field .*versions 1\+/)
  expect(() => hex({ kind: 0, places: [], gone: 'x' }, 2)).toThrow(EncodeError)
  expect(() => hex({ kind: 0, places: [], leader: { id: 1 } }, 1)).toThrow(EncodeError)
  expect(hex({ kind: 0, places: [], leader: { id: -1 } }, 1)).toBe(hex({ kind: 0, places: [] }, 1))
})

test('errors name the place', () => {
  expect(() =>
    hex(
      {
        kind: 0,
        places: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 ** 40 }
        ]
      },
      0
    )
  ).toThrow('Sample v0.places[1].port: 1099511627776 is not a value of int32, −2^31 … 2^31 − 1')
})

test('versions outside the table are refused', () => {
  expect(() => hex({ kind: 0, places: [] }, 4)).toThrow(RangeError)
  expect(() => decode('00', -1)).toThrow(RangeError)
})

test('fallbacks are shared between results, so they are frozen', () => {
  const first = decode('05 000161 00000000', 0) as { leader: object }
  expect(Object.isFrozen(first.leader)).toBe(true)
})

test('an empty array in a tagged field is its fallback, whichever array it is', () => {
  const tagged = message({
    name: 'Tagged',
    versions: '0',
    flexible: '0+',
    fields: [array('ids', 'int32', { tag: 0 })]
  })
  const writer = new WireWriter()
  tagged.encode(writer, { ids: [] }, 0)
  expect(Buffer.concat(writer.chunks()).toString('hex')).toBe('00')
})

test('an array of null structures needs one byte each and no more', () => {
  const nested = message({
    name: 'Nested',
    versions: '0',
    flexible: 'never',
    fields: [array('items', [struct('place', place, { nullable: '0+', fallback: null })])]
  })
  const bytes = Buffer.from('00000002ffff', 'hex')
  expect(nested.decode(new WireReader(bytes), 0)).toEqual({ items: [{ place: null }, { place: null }] })
  expect(() => nested.decode(new WireReader(Buffer.from('00000003ffff', 'hex')), 0)).toThrow(/needs at least 3 bytes/)
})
