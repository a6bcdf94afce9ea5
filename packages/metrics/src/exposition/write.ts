import type { Exemplar } from '../cells.ts'
import type { Format } from './format.ts'
import { labelText, prefixesOf } from './labels.ts'
import type { MetricSnapshot } from './snapshot.ts'

/** A trace and a span id as the exemplar's rules want them: short, and nothing to escape. */
const TRACE_ID = /^[0-9a-f]{1,32}$/
const SPAN_ID = /^[0-9a-f]{1,16}$/

/**
 * The text of a scrape, in pieces of about `linesPerPiece` lines; between two of them others may have their turn, as
 * the snapshot does not change.
 */
export function* writeSnapshot(
  metrics: readonly MetricSnapshot[],
  format: Format,
  linesPerPiece: number
): Generator<string, void> {
  // Joined at once: a string that grows by each line is copied as a whole later, when its turn is long over.
  let parts: string[] = []
  let lines = 0
  for (const metric of metrics) {
    const { definition, series, values, exemplars } = metric
    parts.push(headOf(metric, format))
    let at = 0
    for (const each of series) {
      each.prefixes ??= prefixesOf(definition.name, labelText(each.labels), each.cell)
      for (const prefix of each.prefixes) {
        const exemplar = format === 'openmetrics' ? exemplars?.get(at) : undefined
        parts.push(
          prefix,
          spellValue(values[at++] as number),
          exemplar === undefined ? '' : spellExemplar(exemplar),
          '\n'
        )
        lines++
      }
      if (lines < linesPerPiece) continue
      yield parts.join('')
      parts = []
      lines = 0
    }
  }
  if (format === 'openmetrics') parts.push('# EOF\n')
  yield parts.join('')
}

/** OpenMetrics names a counter without the `_total` of its samples, and wants units told. */
function headOf({ definition: { name, type, unit, help } }: MetricSnapshot, format: Format): string {
  if (format === 'text') return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`
  const family = type === 'counter' ? name.replace(/_total$/, '') : name
  const unitLine = unit === null ? '' : `# UNIT ${family} ${unit}\n`
  return `# HELP ${family} ${escapeHelp(help).replaceAll('"', '\\"')}\n# TYPE ${family} ${type}\n${unitLine}`
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

export function spellValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

/** Empty for ids that are not hexadecimal: nobody could look them up, and OpenMetrics limits how long they may be. */
function spellExemplar({ value, traceId, spanId, timeMs }: Exemplar): string {
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return ''
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${spellValue(value)} ${timeMs / 1000}`
}
