const FRAME_BYTES_MIN = 8
const FRAME_BYTES_MAX = 100 * 1024 * 1024
const API_KEY_MAX = 100
const API_VERSION_MAX = 30

/** What bytes that are not HTTP most likely are: clients are often pointed at the wrong port. */
export function recognise(firstBytes: Buffer): 'kafka' | 'tls' | 'unknown' {
  if (firstBytes.length >= 3 && firstBytes[0] === 0x16 && firstBytes[1] === 0x03) return 'tls'
  if (firstBytes.length < FRAME_BYTES_MIN) return 'unknown'
  const frameBytes = firstBytes.readInt32BE(0)
  const apiKey = firstBytes.readInt16BE(4)
  const apiVersion = firstBytes.readInt16BE(6)
  const isPlausible = frameBytes >= FRAME_BYTES_MIN && frameBytes <= FRAME_BYTES_MAX
  const isRequest = apiKey >= 0 && apiKey <= API_KEY_MAX && apiVersion >= 0 && apiVersion <= API_VERSION_MAX
  return isPlausible && isRequest ? 'kafka' : 'unknown'
}
