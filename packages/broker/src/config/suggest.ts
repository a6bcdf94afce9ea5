const DISTANCE_MAX_SHARE = 0.34

/** ' (did you mean log.retention.ms?)', or '' when nothing known is near. */
export function didYouMean(unknown: string, known: Iterable<string>): string {
  let nearest = ''
  let distanceMin = Math.floor(unknown.length * DISTANCE_MAX_SHARE) + 1
  for (const name of known) {
    const distance = editDistance(unknown, name, distanceMin)
    if (distance < distanceMin) {
      distanceMin = distance
      nearest = name
    }
  }
  return nearest === '' ? '' : ` (did you mean ${nearest}?)`
}

/** Single insertions, deletions and replacements that make `b` of `a`; `limit` when that many or more. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return Math.min(row[b.length] as number, limit)
}
