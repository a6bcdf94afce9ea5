import fs from 'node:fs'
import path from 'node:path'
import { prometheusAt } from '../../../tools/preview/prometheus.ts'
import { dashboards } from '../../../tools/preview/render.ts'
import type { Cleanup } from '../../durability/cleanup.ts'
import type { RelabelConfig } from '../../stack/scrape-config.ts'
import { LivePrometheus } from '../prometheus.ts'
import { askAll, type PanelQuestion } from './answers.ts'
import { NOTHING_TO_SHOW } from './exceptions.ts'
import { allPanels, constantRecordings, panelsThatRead, recordingsThatRead } from './expected.ts'
import { lackingPanels } from './panel-problems.ts'
import { lackingRecordings, type Recording } from './rules.ts'

/** A counter, a gauge and a histogram, each read by panels and by rules. */
export const RENAMED = [
  'streambus_network_bytes_in_total',
  'streambus_consumer_group_lag_seconds',
  'streambus_request_duration_seconds'
] as const

/** Gives them other names when they are scraped. */
export const RENAMING: readonly RelabelConfig[] = [
  {
    source_labels: ['__name__'],
    regex: `(${RENAMED.join('|')})(_bucket|_sum|_count)?`,
    target_label: '__name__',
    replacement: 'renamed_$1$2'
  }
]

/** The checks must find everything that lacks data where nothing was scraped. Problems of the checks, one a line. */
export async function emptyControl(
  folder: string,
  cleanup: Cleanup,
  { ruleFile, rules }: { readonly ruleFile: string; readonly rules: readonly Recording[] }
): Promise<string[]> {
  const home = path.join(folder, 'empty')
  fs.mkdirSync(home)
  const noLog = path.join(home, 'broker.log')
  fs.writeFileSync(noLog, '')
  const prometheus = await LivePrometheus.start(home, { jobs: [], ruleFiles: [ruleFile] })
  const stop = cleanup.add('empty Prometheus', () => prometheus.stop())
  const [constant] = constantRecordings(rules)
  if (constant !== undefined) await prometheus.until(constant, samples => samples.length > 0)
  const answers = await askAll({ prometheusUrl: prometheus.url, logs: [noLog], minutes: 1, scrapeMs: 1000 })
  const mute = new Set(Object.keys(NOTHING_TO_SHOW))
  const panels = [...allPanels(dashboards)].filter(name => !mute.has(name))
  const lacking = await lackingRecordings(prometheusAt(prometheus.url), rules)
  const constants = constantRecordings(rules)
  const expected = rules.map(({ selector }) => selector).filter(selector => !constants.has(selector))
  await stop()
  return [
    ...differences('an empty Prometheus', 'panel', { expected: panels, found: lackingPanels(answers) }),
    ...differences('an empty Prometheus', 'rule', { expected, found: lacking.keys() })
  ]
}

/** Exactly what reads a renamed metric must lack data in a Prometheus that has seen everything else. */
export async function renamedControl(
  prometheusUrl: string,
  { question, rules }: { readonly question: PanelQuestion; readonly rules: readonly Recording[] }
): Promise<string[]> {
  const answers = await askAll({ ...question, prometheusUrl })
  const lacking = await lackingRecordings(prometheusAt(prometheusUrl), rules)
  const [panels, recordings] = [panelsThatRead(dashboards, RENAMED), recordingsThatRead(rules, RENAMED)]
  return [
    ...differences('renamed metrics', 'panel', { expected: panels, found: lackingPanels(answers) }),
    ...differences('renamed metrics', 'rule', { expected: recordings, found: lacking.keys() })
  ]
}

/** One line for each that should have been found and was not, and the other way round. */
export function differences(
  control: string,
  kind: string,
  { expected, found }: { readonly expected: Iterable<string>; readonly found: Iterable<string> }
): string[] {
  const [wanted, got] = [new Set(expected), new Set(found)]
  return [
    ...(wanted.size === 0 ? [`negative control, ${control}: no ${kind} was to be found: it controls nothing`] : []),
    ...missingIn(got, wanted).map(
      name => `negative control, ${control}: ${kind} ${name} passed although it should have failed`
    ),
    ...missingIn(wanted, got).map(name => `negative control, ${control}: ${kind} ${name} failed, too`)
  ]
}

function missingIn(some: ReadonlySet<string>, all: ReadonlySet<string>): string[] {
  return [...all].filter(name => !some.has(name))
}
