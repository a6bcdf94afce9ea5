import { styleText } from 'node:util'
import { printable } from '../output/format.ts'
import { printJson } from '../output/table.ts'
import type { Sink } from '../sink.ts'
import { tally } from './examine.ts'
import type { Finding, State } from './finding.ts'

const COLORS: Record<State, Parameters<typeof styleText>[0]> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim'
}

/** One line per finding (state, check, what was found, the way out), then the sum. */
export function printReport(sink: Sink, findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ check }) => check.length))
  for (const { check, state, found, wayOut } of findings) {
    const text = state === 'ok' || state === 'skipped' ? state : state.toUpperCase()
    const shown = text.padEnd('SKIPPED'.length)
    const colored = sink.isTty ? styleText(COLORS[state], shown, { stream: sink.stream }) : shown
    const line = wayOut === '' ? found : `${found}. ${capitalized(wayOut)}`
    sink.line(`${colored}  ${check.padEnd(width)}  ${printable(line)}`)
  }
  const { failed, warning, ok, skipped } = tally(findings)
  sink.line(`${failed} failed, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${ok} ok, ${skipped} skipped`)
}

export function printJsonReport(sink: Sink, findings: readonly Finding[]): void {
  const { failed, warning } = tally(findings)
  const status = failed > 0 ? 'failed' : warning > 0 ? 'warning' : 'ok'
  printJson(sink, { status, counts: tally(findings), checks: findings })
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
