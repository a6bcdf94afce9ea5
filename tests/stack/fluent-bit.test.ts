import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readText } from './files.ts'

type Plugin = Readonly<Record<string, string | number>>

interface FluentBit {
  readonly parsers: readonly Plugin[]
  readonly pipeline: Readonly<Record<'inputs' | 'filters' | 'outputs', readonly Plugin[]>>
}

/** The formats of strptime that are used, as a line of the broker's log must match them. */
const FORMATS: Readonly<Record<string, string>> = {
  '%Y': '\\d{4}',
  '%m': '\\d\\d',
  '%d': '\\d\\d',
  '%H': '\\d\\d',
  '%M': '\\d\\d',
  '%S': '\\d\\d',
  '%L': '\\d+'
}

test('the example for Fluent Bit holds together, and reads times as the broker writes them', () => {
  const { parsers, pipeline } = parse(readText('docker/fluent-bit/fluent-bit.yaml')) as FluentBit
  const names = parsers.map(({ name }) => name)
  for (const { parser } of pipeline.filters) expect(names).toContain(parser)
  expect(new Set([...pipeline.filters, ...pipeline.outputs].map(({ match }) => match))).toEqual(new Set(['streambus']))
  const [{ time_key: key, time_format: format } = {}] = parsers
  const pattern = String(format)
    .replaceAll('.', '\\.')
    .replaceAll(/%[A-Z]/gi, part => FORMATS[part] ?? 'unknown')
  expect(new Date(0).toISOString()).toMatch(new RegExp(`^${pattern}$`))
  // The field's name, from the query of the guide that reads the same lines.
  expect(key).toBe('timestamp')
  expect(readText('docker/alloy/config.alloy')).toContain(`source = "${key}"`)
})
