import { expect, test } from 'vitest'
import { DecodeError } from '../../src/primitives/codec-error.ts'
import { ZERO_UUID } from '../../src/primitives/uuid.ts'
import { WireReader } from '../../src/primitives/wire-reader.ts'

const read = (hex: string): WireReader => new WireReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

test('integers are big-endian two’s complement', () => {
  const reader = read('80 8000 8000 80000000 80000000 ffffffffffffffff 02 00')
  expect([reader.int8(), reader.int16(), reader.uint16(), reader.int32(), reader.uint32(), reader.int64()]).toEqual([
    -128,
    -32_768,
    32_768,
    -(2 ** 31),
    2 ** 31,
    -1
  ])
  expect([reader.boolean(), reader.boolean()]).toEqual([true, false])
  reader.finish()
})

test('strings are UTF-8 in both encodings', () => {
  expect(read('0004 f09f9a80').string()).toBe('🚀')
  expect(read('05 f09f9a80').compactString()).toBe('🚀')
  expect(read('0000').string()).toBe('')
  expect(read('01').compactString()).toBe('')
  expect(read('ffff').nullableString()).toBeNull()
  expect(read('00').compactNullableString()).toBeNull()
})

test('bytes are copied, records are a view', () => {
  const frame = Buffer.from('00000002aabb', 'hex')
  const copy = new WireReader(frame).bytes()
  const view = new WireReader(frame).records()
  frame[4] = 0
  expect(copy.toString('hex')).toBe('aabb')
  expect(view.toString('hex')).toBe('00bb')
})

test('uuids are base64url text', () => {
  expect(read('00'.repeat(16)).uuid()).toBe(ZERO_UUID)
  expect(read('fb'.repeat(16)).uuid()).toBe('-_v7-_v7-_v7-_v7-_v7-w')
})

test.each([
  ['string length −2', (): unknown => read('fffe').nullableString()],
  ['null string', (): unknown => read('ffff').string()],
  ['null compact string', (): unknown => read('00').compactString()],
  ['string longer than the frame', (): unknown => read('0005 61').string()],
  ['invalid UTF-8', (): unknown => read('0002 c328').string()],
  ['half a surrogate pair in UTF-8', (): unknown => read('0003 eda080').string()],
  ['compact string above 32767 bytes', (): unknown => read(`81800261${'61'.repeat(32_768)}`).compactString()],
  ['null bytes', (): unknown => read('ffffffff').bytes()],
  ['bytes length −2', (): unknown => read('fffffffe').nullableBytes()],
  ['records length 2^31 − 1', (): unknown => read('7fffffff').nullableRecords()],
  ['null records', (): unknown => read('00').compactRecords()],
  ['NaN', (): unknown => read('7ff8000000000000').float64()],
  ['array count −2', (): unknown => read('fffffffe').arrayCount(1)],
  ['array count beyond the frame', (): unknown => read('00000003 0000').arrayCount(1)],
  ['array count × element size beyond the frame', (): unknown => read('00000002 00000000000000').arrayCount(4)],
  ['struct mark 0', (): unknown => read('00').structPresent()],
  ['65 tagged fields', (): unknown => read('41').taggedFieldCount()],
  ['tag repeated', (): unknown => read('02 0100 0100').skipTaggedFields()],
  ['tags descending', (): unknown => read('02 0200 0100').skipTaggedFields()],
  ['tag size beyond the frame', (): unknown => read('01 00 05 00').skipTaggedFields()],
  ['trailing byte', (): unknown => read('00').finish()],
  ['skip beyond the end', (): unknown => read('00').skip(2)]
])('%s is refused', (_name, run) => {
  expect(run).toThrow(DecodeError)
})

test('the object budget is charged across arrays', () => {
  const reader = new WireReader(Buffer.alloc(64, 0x06), 0, 64, 8)
  expect(reader.compactArrayCount(1)).toBe(5)
  expect(reader.objectsLeft).toBe(3)
  expect(() => reader.compactArrayCount(1)).toThrow(/budget/)
})

test('nothing outside start … end is read', () => {
  const frame = Buffer.from('0102030405', 'hex')
  const reader = new WireReader(frame, 1, 3)
  expect(reader.int16()).toBe(0x0203)
  expect(() => reader.int8()).toThrow(DecodeError)
  expect(() => new WireReader(frame, 2, 6)).toThrow(DecodeError)
})
