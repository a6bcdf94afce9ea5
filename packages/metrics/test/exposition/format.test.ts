import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { negotiate } from '../../src/exposition/format.ts'

/** What Prometheus 2.42 sends, and 3.x, and others. */
const HEADERS: readonly (readonly [string | undefined, 'text' | 'openmetrics'])[] = [
  [undefined, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
  [
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'openmetrics'
  ],
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics'
  ],
  [
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.4',
    'openmetrics'
  ],
  ['application/openmetrics-text', 'openmetrics'],
  ['APPLICATION/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
  ['application/openmetrics-text; version="1.0.0"', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1,text/plain;q=0.5', 'text'],
  ['application/openmetrics-text;version=2.0.0', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=0.5,text/plain', 'text'],
  ['application/openmetrics-text,text/plain', 'text'],
  ['application/openmetrics-text;q=nonsense,text/plain;q=0.1', 'text']
]

describe('negotiate', () => {
  it.each(HEADERS)('gives for %s: %s', (accept, format) => {
    expect(negotiate(accept)).toBe(format)
  })

  it('answers any header, however long', () => {
    fc.assert(fc.property(fc.string(), accept => ['text', 'openmetrics'].includes(negotiate(accept))))
    expect(negotiate('text/plain,'.repeat(100_000))).toBe('text')
  })
})
