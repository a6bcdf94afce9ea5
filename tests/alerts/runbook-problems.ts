import fs from 'node:fs'
import path from 'node:path'
import type { Scenario } from '../../tools/drill/scenario.ts'
import { type AlertRule, checkPromql, parsePromql, resultLabels, type SeriesTable } from '../../tools/promql/index.ts'

const SECTIONS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation', 'Silence']
const FENCE = /```(\w+)\n(.*?)\n```/gs

export interface Runbook {
  readonly name: string
  readonly text: string
  /** Of the alert of that name: one for each severity. */
  readonly rules: readonly AlertRule[]
}

export interface Surroundings {
  readonly known: SeriesTable
  readonly events: ReadonlySet<string>
  readonly drills: readonly Pick<Scenario, 'name' | 'needs'>[]
  /** Names of files beside it. */
  readonly files: ReadonlySet<string>
}

/** What a runbook says that is not so. Its commands and addresses are tried, not read: see runbooks.test.ts. */
export function runbookProblems(runbook: Runbook, { known, events, drills, files }: Surroundings): string[] {
  const { name, text } = runbook
  const found = [...formProblems(runbook)]
  for (const line of fences(text, 'promql')) {
    found.push(...checkPromql(line, { known, bareCounters: true }).map(problem => `${line}: ${problem}`))
  }
  const missing = (what: string, pattern: RegExp, have: ReadonlySet<string>): void => {
    const named = [...text.matchAll(pattern)].map(([, word = '']) => word)
    found.push(...named.filter(word => !have.has(word)).map(word => `there is no ${what} ${word}`))
  }
  missing('event', /event="(\w+)"/g, events)
  found.push(...drillProblems(text, drills))
  missing('file', /\]\(([\w.]+\.md)/g, files)
  return [...found, ...silenceProblems(runbook, known)].map(problem => `${name}: ${problem}`)
}

/** Drills that there are not, and drills without the options that they need. */
export function drillProblems(text: string, drills: Surroundings['drills']): string[] {
  return [...text.matchAll(/npm run drill -- ([\w-]+)([^`\n]*)/g)].flatMap(([command, name = '', options = '']) => {
    if (name === 'list') return []
    const drill = drills.find(known => known.name === name)
    if (drill === undefined) return [`there is no drill ${name}`]
    const missing = drill.needs.filter(option => !new RegExp(`--${option} \\S`).test(options))
    return missing.map(option => `${command} lacks --${option}`)
  })
}

/** The lines of all blocks of one kind. */
export function fences(text: string, kind: string): string[] {
  return [...text.matchAll(FENCE)].filter(([, of]) => of === kind).flatMap(([, , code = '']) => code.split('\n'))
}

function formProblems({ name, text, rules }: Runbook): string[] {
  const found: string[] = []
  const severities = rules.map(({ labels, for: waits }) => `**${labels['severity']}** after ${waits}`).join(', ')
  if (!text.startsWith(`# ${name}\n\n${severities}\n`)) found.push(`begins with its name and '${severities}'`)
  const sections = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)
  if (sections.join() !== SECTIONS.join()) found.push(`has the sections ${sections.join(', ')}`)
  return found
}

function silenceProblems({ name, text, rules }: Runbook, known: SeriesTable): string[] {
  const command = fences(text, 'bash').find(line => line.startsWith('amtool silence add'))
  if (command === undefined) return ['does not say how to silence it']
  const matchers = [...command.replaceAll(/--\S+="[^"]*"|--\S+/g, '').matchAll(/(\w+)=(\S+)/g)]
  const [rule] = rules
  const labels = rule === undefined ? new Set<string>() : resultLabels(parsePromql(rule.expr), known)
  return matchers
    .filter(([, label = '', value]) => (label === 'alertname' ? value !== name : !labels.has(label)))
    .map(([matcher]) => `silences by ${matcher}, which it does not have`)
}

/** Names of events that the broker can log: `event: 'x'` somewhere below packages. */
export function loggedEvents(root: string): Set<string> {
  const events = new Set<string>()
  const packages = path.join(root, 'packages')
  for (const entry of fs.readdirSync(packages, { recursive: true, encoding: 'utf8' })) {
    if (!/^[\w-]+\/src\/.*\.ts$/.test(entry)) continue
    const text = fs.readFileSync(path.join(packages, entry), 'utf8')
    for (const [, event = ''] of text.matchAll(/event: '(\w+)'/g)) events.add(event)
  }
  return events
}
