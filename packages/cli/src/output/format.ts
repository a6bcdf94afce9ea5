const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** 1234567 → '1,234,567' */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Decimal units, three significant digits: 1234567 → '1.23 MB'. Negative (unknown) → '?'. */
export function formatBytes(bytes: number): string {
  if (bytes < 0) return '?'
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const text = unit === 0 ? String(value) : value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
  return `${text} ${BYTE_UNITS[unit]}`
}

/** Three significant digits or whole seconds: 12345 → '12.3 s'. */
export function formatSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1000
  return seconds < 100 ? `${seconds.toFixed(seconds < 10 ? 2 : 1)} s` : `${Math.round(seconds)} s`
}

/** Milliseconds since the epoch as RFC 3339; '-' for none (negative) and for what no calendar holds. */
export function formatTimestamp(timestampMs: number): string {
  return timestampMs < 0 || timestampMs > 8.64e15 ? '-' : new Date(timestampMs).toISOString()
}

// Control characters of a topic name or config value must not reach a terminal as commands.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

/** Makes text that came from elsewhere safe to print. */
export function printable(text: string): string {
  return text.replace(CONTROL, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
