import { expect, test } from 'vitest'
import { EncodeError } from '../../src/primitives/codec-error.ts'
import { WireWriter } from '../../src/primitives/wire-writer.ts'

test('large buffers are passed through uncopied, between the scratch around them', () => {
  const writer = new WireWriter()
  const big = Buffer.alloc(4096, 7)
  const small = Buffer.from('abc')
  writer.int32(1)
  writer.records([big, small])
  writer.int8(2)
  expect(writer.byteLength).toBe(4 + 4 + 4096 + 3 + 1)
  const chunks = writer.chunks()
  expect(chunks).toHaveLength(3)
  expect(chunks[1]).toBe(big)
  expect(Buffer.concat(chunks).readInt32BE(4)).toBe(4099)
  expect(
    Buffer.concat(chunks)
      .subarray(8 + 4096)
      .toString('latin1')
  ).toBe('abc\x02')
})

test('long and non-ASCII text has its length in bytes', () => {
  for (const text of ['', 'a', 'ü', `${'a'.repeat(47)}ü`, 'é'.repeat(100), 'x'.repeat(32_767)]) {
    const writer = new WireWriter(4)
    writer.string(text)
    const bytes = Buffer.concat(writer.chunks())
    expect(bytes.readInt16BE(0)).toBe(Buffer.byteLength(text))
    expect(bytes.toString('utf8', 2)).toBe(text)
  }
})

test.each([
  ['int8 128', (writer: WireWriter): void => writer.int8(128)],
  ['int16 −32769', (writer: WireWriter): void => writer.int16(-32_769)],
  ['uint16 −1', (writer: WireWriter): void => writer.uint16(-1)],
  ['int32 2^31', (writer: WireWriter): void => writer.int32(2 ** 31)],
  ['int32 0.5', (writer: WireWriter): void => writer.int32(0.5)],
  ['uint32 2^32', (writer: WireWriter): void => writer.uint32(2 ** 32)],
  ['int64 2^53', (writer: WireWriter): void => writer.int64(2 ** 53)],
  ['unsigned varint −1', (writer: WireWriter): void => writer.unsignedVarint(-1)],
  ['varint 2^31', (writer: WireWriter): void => writer.varint(2 ** 31)],
  ['varlong 2^53', (writer: WireWriter): void => writer.varlong(2 ** 53)],
  ['NaN', (writer: WireWriter): void => writer.float64(Number.NaN)],
  ['uuid of 21 characters', (writer: WireWriter): void => writer.uuid('A'.repeat(21))],
  ['uuid with bits to spare', (writer: WireWriter): void => writer.uuid(`${'A'.repeat(21)}B`)],
  ['half a surrogate pair', (writer: WireWriter): void => writer.string('\ud800')],
  ['string of 32768 bytes', (writer: WireWriter): void => writer.compactString('x'.repeat(32_768))]
])('%s is refused', (_name, write) => {
  const writer = new WireWriter()
  expect(() => write(writer)).toThrow(EncodeError)
})
