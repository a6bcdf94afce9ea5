import { double, string } from '../setting.ts'

/** Spans for OpenTelemetry. */
export const TRACING_SETTINGS = {
  'tracing.otlp.endpoint': string({
    default: '',
    pattern: /^(|https?:\/\/[^\s/]+(\/\S*)?)$/,
    allowed: 'empty, or a URL such as http://localhost:4318',
    doc: 'Where spans are sent by OTLP over HTTP; /v1/traces is added when there is no path. Empty: no tracing.'
  }),
  'tracing.sample.ratio': double({
    default: 0.001,
    min: 0,
    max: 1,
    dynamic: 'cluster',
    doc: 'Share of all requests that become spans. Slow ones and those that the broker failed do in any case.'
  })
} as const
