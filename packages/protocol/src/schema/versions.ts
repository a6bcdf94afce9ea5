/** Both ends included. Empty when `max` is below `min`. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

export const NEVER: VersionRange = { min: 0, max: -1 }

/** `'2'`, `'0-4'`, `'3+'` (no upper end) or `'never'`. Throws TypeError for anything else. */
export function parseVersions(text: string): VersionRange {
  if (text === 'never') return NEVER
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new TypeError(`versions '${text}': allowed are 'N', 'N-M', 'N+' and 'never'`)
  const min = Number(match[1])
  if (match[2] !== undefined) return { min, max: Number.POSITIVE_INFINITY }
  return { min, max: match[3] === undefined ? min : Number(match[3]) }
}

export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max
}

export function formatVersions(range: VersionRange): string {
  if (range.max < range.min) return 'never'
  if (range.max === Number.POSITIVE_INFINITY) return `${range.min}+`
  return range.min === range.max ? `${range.min}` : `${range.min}-${range.max}`
}
