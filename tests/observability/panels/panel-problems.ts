import type { Target } from '../../../dashboards/src/index.ts'
import type { BoardResult, TargetResult } from '../../../tools/preview/collect.ts'
import { type Answers, type AskedPanel, finiteValues } from './answers.ts'
import { CAN_BE_INFINITE, NOTHING_TO_SHOW } from './exceptions.ts'

/** More cannot be told apart on a graph. */
const SERIES_MAX = 50
/** What a query gives in place of all labels while there is nothing to list. */
const NONE = 'none'

/** What is wrong with what the dashboards show, one line each, beginning with the name of a panel or of a variable. */
export function panelProblems({ boards, panels }: Answers): string[] {
  return [...panels.flatMap(problemsOfPanel), ...boards.flatMap(problemsOfVariables)]
}

/** Names of the panels that lack something. */
export function lackingPanels(answers: Answers): Set<string> {
  return new Set(answers.panels.filter(panel => problemsOfPanel(panel).length > 0).map(({ name }) => name))
}

function problemsOfPanel({ name, result }: AskedPanel): string[] {
  const { panel, targets } = result
  const isList = panel.type === 'logs'
  return targets.flatMap((target, index) => {
    const asked = panel.targets[index] as Target
    const problems = isList ? problemsOfLines(name, target) : problemsOfSeries(name, target, asked)
    if (target.series.length > SERIES_MAX && panel.type !== 'table' && panel.type !== 'heatmap')
      problems.push(`has ${target.series.length} series, of which people see ${SERIES_MAX} at most`)
    return problems.map(problem => `${name} ${target.refId}: ${problem}: ${target.expr}`)
  })
}

function problemsOfLines(name: string, { error, lines }: TargetResult): string[] {
  if (error !== null) return [error]
  return lines.length > 0 || name in NOTHING_TO_SHOW ? [] : ['no lines']
}

function problemsOfSeries(name: string, target: TargetResult, asked: Target): string[] {
  if (target.error !== null) return [target.error]
  if (target.series.length === 0 || finiteValues(target).length === 0) {
    // Quantiles and ratios of what is not there yet are of nothing; their zeros must be there all the same.
    if (name in NOTHING_TO_SHOW || (target.awaits !== null && target.series.length > 0)) return []
    if (target.series.length > 0 && name in CAN_BE_INFINITE && hasInfinity(target)) return []
    return [target.series.length === 0 ? 'no data' : 'no finite number']
  }
  return target.awaits === null ? missingLabels(target, asked) : []
}

function hasInfinity({ series }: TargetResult): boolean {
  return series.some(({ points }) => points.some(([, value]) => value === Number.POSITIVE_INFINITY))
}

/** Of a legend, unless all that is there stands for nothing to list. */
function missingLabels({ series }: TargetResult, { legendFormat = '' }: Target): string[] {
  const listed = series.filter(({ labels }) => !Object.values(labels).includes(NONE))
  if (listed.length === 0) return []
  const wanted = [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label as string)
  return wanted
    .filter(label => listed.every(({ labels }) => (labels[label] ?? '') === ''))
    .map(label => `the legend names {{${label}}}, which no series has`)
}

function problemsOfVariables({ dashboard, variables }: BoardResult): string[] {
  return variables
    .filter(({ options }) => options !== null && options.length === 0)
    .map(({ name }) => `${dashboard.title} / $${name}: nothing to choose from`)
}
