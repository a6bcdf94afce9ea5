/** The command line makes no sense; the message says what would. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A whole number within a range, from text. Throws UsageError that names the option, the value and the range. */
export function parseWhole(text: string, option: string, range: { min: number; max: number }): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value) && value >= range.min && value <= range.max) return value
  throw new UsageError(`${option} is '${text}'; a whole number of ${range.min} … ${range.max} is expected`)
}

/** `name=value` pairs, in order. Throws UsageError. The value may be empty and may contain '='. */
export function parsePairs(pairs: readonly string[], option: string): { name: string; value: string }[] {
  return pairs.map(pair => {
    const at = pair.indexOf('=')
    if (at <= 0) throw new UsageError(`${option} '${pair}' is not NAME=VALUE`)
    return { name: pair.slice(0, at), value: pair.slice(at + 1) }
  })
}
