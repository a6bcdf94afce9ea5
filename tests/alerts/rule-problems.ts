import {
  type AlertRule,
  checkPromql,
  parseDuration,
  parsePromql,
  type RecordingRule,
  resultLabels,
  type SeriesTable,
  walk
} from '../../tools/promql/index.ts'
import { type LinkSurroundings, linkProblems } from './dashboard-links.ts'

const SEVERITIES: readonly (string | undefined)[] = ['critical', 'warning', 'info']
const RUNBOOKS = 'https://docs.streambus.io/runbooks/'
/** The monitoring guide's, to the letter: they have no labels and links but their own. */
export const GUIDE_GROUP = 'streambus'
/** Names of other exporters, which have counters of their own. */
const COMPAT = /^kafka_/

export interface Context extends LinkSurroundings {
  /** Names of the files in docs/runbooks, without their ending. */
  readonly runbooks: ReadonlySet<string>
  /** Alerts that a unit test expects, as name and severity, and those that one expects to be silent, by name. */
  readonly firing: ReadonlySet<string>
  readonly silent: ReadonlySet<string>
  /** What unit tests ask for. */
  readonly asked: ReadonlySet<string>
}

/** What is wrong with an alert; empty when nothing is. */
export function alertProblems(rule: AlertRule, context: Context): string[] {
  const found = [
    ...checkPromql(rule.expr, { known: context.known }),
    ...(rule.group === GUIDE_GROUP ? [] : formProblems(rule)),
    ...testProblems(rule, context)
  ]
  if (!context.runbooks.has(rule.alert)) found.push(`there is no docs/runbooks/${rule.alert}.md`)
  // Labels of an expression that cannot be read are not known.
  if (found.length === 0) {
    found.push(...templateProblems(rule, context.known))
    if (rule.group !== GUIDE_GROUP) found.push(...linkProblems(rule, context))
  }
  return found.map(problem => `${rule.alert}: ${problem}`)
}

/** What is wrong with a recording rule. */
export function recordProblems({ record, expr }: RecordingRule, { known, asked }: Context): string[] {
  const found = checkPromql(expr, { known, bareCounters: COMPAT.test(record) })
  if (!COMPAT.test(record) && record.split(':').length !== 3) found.push('a name is level:metric:operation')
  if (!asked.has(record)) found.push('no unit test asks for it')
  return found.map(problem => `${record}: ${problem}`)
}

function formProblems({ alert, expr, for: waits, labels, annotations }: AlertRule): string[] {
  const found: string[] = []
  if (!SEVERITIES.includes(labels['severity'])) found.push('severity is critical, warning or info')
  if (labels['component'] === undefined) found.push('no component')
  if (waits === null || (waits !== '0m' && parseDuration(waits) === 0)) found.push('no for (0m where one event counts)')
  for (const text of ['summary', 'description']) if (annotations[text] === undefined) found.push(`no ${text}`)
  if (annotations['runbook_url'] !== RUNBOOKS + alert) found.push(`runbook_url is ${RUNBOOKS}${alert}`)
  if (!isCondition(expr)) found.push('compares nothing: it fires for every series')
  return found
}

function isCondition(expr: string): boolean {
  const nodes = [...walk(parsePromqlOr(expr))]
  return nodes.some(
    node =>
      (node.kind === 'binary' && ['==', '!=', '<', '<=', '>', '>='].includes(node.op)) ||
      (node.kind === 'call' && (node.name === 'absent' || node.name === 'vector'))
  )
}

/** A broken expression is a problem of its own, and told elsewhere. */
function parsePromqlOr(expr: string): ReturnType<typeof parsePromql> {
  try {
    return parsePromql(expr)
  } catch {
    return parsePromql('vector(1)')
  }
}

/** Of a label that has not survived the expression a template prints nothing. */
function templateProblems({ expr, labels, annotations }: AlertRule, known: SeriesTable): string[] {
  const left = resultLabels(parsePromql(expr), known)
  const asked = Object.values({ ...labels, ...annotations }).flatMap(text =>
    [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label)
  )
  return asked.filter(label => !left.has(label)).map(label => `its text has {{ $labels.${label} }}, its result has not`)
}

function testProblems({ alert, labels }: AlertRule, { firing, silent }: Context): string[] {
  const found: string[] = []
  if (!firing.has(`${alert} ${labels['severity']}`)) found.push(`no unit test sees it fire as ${labels['severity']}`)
  if (!silent.has(alert) && alert !== 'Watchdog') found.push('no unit test sees it silent')
  return found
}
