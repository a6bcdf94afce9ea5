import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBrokerMetrics } from '../../src/broker-metrics.ts'
import { escapeLabel } from '../../src/exposition/labels.ts'

const character = fc.oneof(
  fc.constantFrom('\\', 'x', '0', '5', 'c', 'a', 'n', '"', '\n', '\r', '\t', '\u0000', '\u001b', '\u007f', '\u0085'),
  fc.string({ maxLength: 1, unit: 'binary' })
)
const value = fc.array(character, { maxLength: 12 }).map(characters => characters.join(''))
const CONTROL = /\p{Cc}/u

/** What Prometheus makes of an escaped value. */
function read(escaped: string): string {
  return escaped.replace(/\\([\\n"])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
}

/** What a person makes of that. */
function meant(shown: string): string {
  return shown.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

test('a label value has no control characters, and can be told from every other one', () => {
  fc.assert(
    fc.property(value, original => {
      const escaped = escapeLabel(original)
      expect(CONTROL.test(escaped)).toBe(false)
      expect(/(?<!\\)(\\\\)*"/.test(escaped)).toBe(false)
      expect(meant(read(escaped))).toBe(original)
    }),
    { numRuns: 3_000 }
  )
})

test('usual values stay what they are', () => {
  expect(escapeLabel('orders.v1-ü☃')).toBe('orders.v1-ü☃')
  expect(escapeLabel('C:\\xyz "a"\n')).toBe('C:\\\\xyz \\"a\\"\\n')
  expect(escapeLabel('g\u0000z')).toBe('g\\\\x00z')
  expect(escapeLabel('g\\x00z')).toBe('g\\\\x5cx00z')
})

test('whatever groups are called, the text of a scrape is text', async () => {
  const metrics = createBrokerMetrics()
  for (const group of ['g\u0000z', 'a\rb\u001b[31m', 'tab\t', '\u009f', 'g\\x00z']) {
    metrics.cells.consumerGroupLag.child(group).set(1)
  }
  for (const format of ['text', 'openmetrics'] as const) {
    const text = await metrics.render(format)
    expect(CONTROL.test(text.replaceAll('\n', ''))).toBe(false)
    const lines = text.split('\n').filter(line => line.startsWith('streambus_consumer_group_lag{'))
    expect(new Set(lines).size).toBe(5)
  }
})
