import { double, string } from '../setting.ts'

/** Before an @ and behind a ? is where people put secrets. */
function withoutSecrets(url: string): string {
  return url.includes('@') ? '…@…' : url.replace(/[?#].*$/s, '?…')
}

/** Spans for OpenTelemetry. */
export const TRACING_SETTINGS = {
  'tracing.otlp.endpoint': string({
    default: '',
    pattern: /^(|https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?)$/,
    redact: withoutSecrets,
    allowed:
      'empty, or a URL such as http://localhost:4318 without user, password and query: others can read settings. Credentials belong into the environment variable OTEL_EXPORTER_OTLP_HEADERS, such as "Authorization=Basic%20…"',
    doc: 'Where spans are sent by OTLP over HTTP; /v1/traces is added when there is no path. Empty: no tracing. Headers with credentials: OTEL_EXPORTER_OTLP_HEADERS in the environment.'
  }),
  'tracing.sample.ratio': double({
    default: 0.001,
    min: 0,
    max: 1,
    dynamic: 'cluster',
    doc: 'Share of all requests that become spans. Slow ones and those that the broker failed do in any case, up to a hundred of each a second.'
  })
} as const
