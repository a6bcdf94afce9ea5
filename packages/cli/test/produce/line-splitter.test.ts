import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter } from '../../src/produce/line-splitter.ts'

function split(chunks: readonly Uint8Array[], lineBytesMax?: number): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((bytes, start, end) => {
    lines.push(bytes.toString('latin1', start, end))
  }, lineBytesMax)
  for (const chunk of chunks) splitter.push(Buffer.from(chunk))
  splitter.end()
  return lines
}

/** The same thing said simply. */
function expected(chunks: readonly Uint8Array[]): string[] {
  const lines = Buffer.concat(chunks).toString('latin1').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

// Newlines must be frequent for the cases between them to be.
const byte = fc.oneof({ weight: 1, arbitrary: fc.constant(10) }, { weight: 3, arbitrary: fc.nat(255) })
const chunk = fc.array(byte, { maxLength: 12 }).map(bytes => Uint8Array.from(bytes))

it('cuts any bytes in any chunks at newlines and nowhere else', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), chunks => {
      expect(split(chunks)).toEqual(expected(chunks))
    })
  )
})

it('gives back the file when every line gets its newline again', () => {
  fc.assert(
    fc.property(fc.array(chunk), chunks => {
      const file = Buffer.concat([...chunks, Uint8Array.of(10)])
      expect(
        split([file])
          .map(line => `${line}\n`)
          .join('')
      ).toBe(file.toString('latin1'))
    })
  )
})

describe('the end of the file', () => {
  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\n', ['a', '']],
    ['a\nb', ['a', 'b']],
    ['a\r\n', ['a\r']]
  ])('%j', (text, lines) => {
    expect(split([Buffer.from(text)])).toEqual(lines)
  })
})

it('refuses a line that no broker takes instead of filling the memory', () => {
  expect(() => split([Buffer.from('ab'), Buffer.from('cd')], 3)).toThrow('longer than 3 bytes')
})
