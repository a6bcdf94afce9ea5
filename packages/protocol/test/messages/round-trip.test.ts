import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { WireReader } from '../../src/primitives/wire-reader.ts'
import { WireWriter } from '../../src/primitives/wire-writer.ts'
import { arbitraryStruct, withFallbacks } from '../support/arbitrary-message.ts'
import { type AnyTable, shapes } from '../support/tables.ts'

function encode(table: AnyTable, value: unknown, version: number): Buffer {
  // A tiny scratch makes every message cross chunk boundaries.
  const writer = new WireWriter(8)
  table.encode(writer, value, version)
  const { byteLength } = writer
  const whole = Buffer.concat(writer.chunks())
  expect(whole.length).toBe(byteLength)
  return whole
}

test.each(shapes)('%s v%i: any value survives, and so do its bytes', (_name, version, table) => {
  fc.assert(
    fc.property(arbitraryStruct(table.fields, version), value => {
      const bytes = encode(table, value, version)
      const reader = new WireReader(bytes)
      const decoded = table.decode(reader, version)
      reader.finish()
      expect(decoded).toEqual(withFallbacks(table.fields, value))
      expect(encode(table, decoded, version).equals(bytes)).toBe(true)
    }),
    { numRuns: 25 }
  )
})
