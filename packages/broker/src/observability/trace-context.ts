/** What a traceparent header says (W3C Trace Context). Ids are lower-case hexadecimal. */
export interface TraceContext {
  /** 32 digits, not all zero. */
  readonly traceId: string
  /** 16 digits, not all zero. */
  readonly spanId: string
  readonly isSampled: boolean
}

/** Bytes of a header of version 00. */
export const TRACEPARENT_BYTES = 55

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/
const UNKNOWN_VERSION = 'ff'

/** Null for what the recommendation calls invalid. Longer ones of later versions are read as far as they are known. */
export function parseTraceparent(text: string): TraceContext | null {
  const match = FORM.exec(text)
  if (match === null) return null
  const [, version, traceId = '', spanId = '', flags = ''] = match
  if (version === UNKNOWN_VERSION || (version === '00' && text.length !== TRACEPARENT_BYTES)) return null
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}
