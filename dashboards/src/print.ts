const COLUMNS = 120

/** JSON with what fits on one line on one line: a tenth of the lines, and changes that can be read. */
export function printJson(value: unknown, indent = ''): string {
  const flat = printFlat(value)
  if (indent.length + flat.length <= COLUMNS || typeof value !== 'object' || value === null) return flat
  const inner = `${indent}  `
  const isList = Array.isArray(value)
  const lines = isList
    ? value.map(item => inner + printJson(item, inner))
    : entriesOf(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${printJson(item, inner)}`)
  const [open, close] = isList ? '[]' : '{}'
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

function printFlat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printFlat).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const parts = entriesOf(value).map(([key, item]) => `${JSON.stringify(key)}: ${printFlat(item)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined)
}
