/** The text form of the all-zero UUID, which on the wire means "none". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

export const UUID_BYTES = 16

/**
 * Base64url without padding, as Kafka prints UUIDs; the last character carries two bits, the rest of it must be
 * zero.
 */
const UUID_TEXT = /^[A-Za-z0-9_-]{21}[AQgw]$/

export function isUuid(text: string): boolean {
  return UUID_TEXT.test(text)
}
