/** 'text' is Prometheus' text format 0.0.4, for people and old scrapers; 'openmetrics' is OpenMetrics 1.0. */
export type Format = 'text' | 'openmetrics'

export const CONTENT_TYPES: Record<Format, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8'
}

/** Longer headers are not read to their end. */
const RANGES_MAX = 32

/**
 * What an `Accept` header prefers. OpenMetrics only where it is named, in a version that we write, and preferred to
 * text: who says nothing is a person with curl.
 */
export function negotiate(accept: string | undefined): Format {
  let openmetrics = 0
  let text = -1
  for (const range of (accept ?? '').split(',', RANGES_MAX)) {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    const quality = qualityOf(parameters)
    if (type === 'application/openmetrics-text' && isVersion(parameters)) openmetrics = Math.max(openmetrics, quality)
    else if (type === 'text/plain') text = Math.max(text, quality)
  }
  return openmetrics > 0 && openmetrics > text ? 'openmetrics' : 'text'
}

function isVersion(parameters: readonly string[]): boolean {
  const version = parameters.find(parameter => parameter.startsWith('version='))
  return version === undefined || version === 'version=1.0.0' || version === 'version="1.0.0"'
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? '1'
  const quality = Number(text)
  return quality >= 0 && quality <= 1 ? quality : 0
}
