import { isUtf8 } from 'node:buffer'
import type { RecordView } from '@streambus/protocol/records'

/** `name` for text, `nameBase64` for bytes that are not UTF-8, so that JSON always says what it holds. */
export function jsonBytes(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null }
  return isUtf8(bytes) ? { [name]: bytes.toString('utf8') } : { [`${name}Base64`]: bytes.toString('base64') }
}

/** Key, value and headers of a record, for JSON. */
export function jsonContents({ key, value, headers }: RecordView) {
  return {
    ...jsonBytes('key', key),
    ...jsonBytes('value', value),
    headers: headers.map(header => ({ name: header.key, ...jsonBytes('value', header.value) }))
  }
}
