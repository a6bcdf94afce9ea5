/** Whether a name is one of `wanted`: the same text, or begins with one that ends with `*`. All are without any. */
export function nameFilter(wanted: readonly string[]): (name: string) => boolean {
  if (wanted.length === 0) return () => true
  const exact = new Set(wanted)
  const prefixes = wanted.filter(each => each.endsWith('*')).map(each => each.slice(0, -1))
  return name => exact.has(name) || prefixes.some(prefix => name.startsWith(prefix))
}
