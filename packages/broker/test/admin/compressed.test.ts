import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Compressed, takesGzip } from '../../src/admin/compressed.ts'

test('what was compressed is what was given, and done once for all who ask for the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 }), async pieces => {
      const compressed = new Compressed()
      const [first, second] = await Promise.all([compressed.of(pieces), compressed.of(pieces)])
      expect(second).toBe(first)
      expect(await compressed.of([...pieces])).not.toBe(first)
      expect(gunzipSync(Buffer.concat(first ?? [])).toString()).toBe(pieces.join(''))
    }),
    { numRuns: 30 }
  )
})

test('others have their turns while something large is compressed', async () => {
  const pieces = Array.from({ length: 20 }, (_, i) => `${i} `.repeat(50_000))
  let turns = 0
  const count = (): void => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  await new Compressed().of(pieces)
  clearImmediate(timer)
  expect(turns).toBeGreaterThanOrEqual(pieces.length)
})

test.each([
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['GZIP;q=0.5', true],
  ['deflate, gzip, br', true],
  ['identity', false],
  ['gzip;q=0, *', false],
  ['*', true],
  ['*;q=0', false],
  ['br;q=1.0, *;q=0.1', true],
  ['gzip;q=loud', false]
])('Accept-Encoding %s: %s', (header, takes) => {
  expect(takesGzip(header)).toBe(takes)
})
