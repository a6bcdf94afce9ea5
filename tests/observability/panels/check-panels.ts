import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prometheusAt } from '../../../tools/preview/prometheus.ts'
import { writePages } from '../../../tools/preview/write.ts'
import { Cleanup } from '../../durability/cleanup.ts'
import { hasProgram, inRepository } from '../../stack/files.ts'
import type { ScrapeConfig } from '../../stack/scrape-config.ts'
import { LivePrometheus } from '../prometheus.ts'
import { askAll, type PanelQuestion } from './answers.ts'
import { emptyControl, RENAMING, renamedControl } from './controls.ts'
import { lasting } from './lasting.ts'
import { panelProblems } from './panel-problems.ts'
import { readRecordings, recordingProblems, writeHurried } from './rules.ts'
import { setStage } from './stage.ts'
import { stillProblems } from './still.ts'
import { stir } from './stir.ts'
import { Traffic } from './traffic.ts'

const RECORDING_RULES = inRepository('alerts/streambus-recording.yml')
const SCRAPE_MS = 1000
/** Rules read what rules record, and panels want a few scrapes after the last scene. */
const SETTLE_MS = 5_000

export interface PanelsOptions {
  readonly say: (line: string) => void
  /** For data, logs and configurations; what is in it stays. */
  readonly folder: string
  /** Where a page for each dashboard is written in the end, to be looked at. Default: nowhere. */
  readonly pages?: string
}

/** Why this cannot run here, in a sentence; null when it can. */
export function whyNotPanels(): string | null {
  return hasProgram('prometheus') ? null : 'prometheus is not installed'
}

/**
 * A broker to which everything happens, before a Prometheus that scrapes each second: every panel of every dashboard
 * and every recording rule must have data, and the checks must notice where there is none. Problems, one a line.
 */
export async function checkPanels(options: PanelsOptions): Promise<string[]> {
  const cleanup = new Cleanup()
  const forget = cleanup.onSignals()
  try {
    return await check(options, cleanup)
  } finally {
    await cleanup.run()
    forget()
  }
}

async function check({ say, folder, pages }: PanelsOptions, cleanup: Cleanup): Promise<string[]> {
  const beganMs = Date.now()
  const ruleFile = path.join(folder, 'recording.yml')
  writeHurried(RECORDING_RULES, ruleFile)
  const stage = await setStage(folder, cleanup, say)
  const job: ScrapeConfig = {
    job_name: 'streambus',
    static_configs: [{ targets: [stage.broker.adminUrl.slice('http://'.length)] }]
  }
  const whole = await startPrometheus(path.join(folder, 'whole'), cleanup, { job, ruleFile })
  const renaming = { ...job, metric_relabel_configs: RENAMING }
  const renamed = await startPrometheus(path.join(folder, 'renamed'), cleanup, { job: renaming, ruleFile })
  for (const each of [whole, renamed]) await each.until('up == 1', samples => samples.length === 2)

  const traffic = new Traffic(stage)
  cleanup.add('traffic', () => traffic.stop())
  await traffic.begin()
  const { problems, skipped } = await stir(stage)
  await sleep(SETTLE_MS)

  const asked = { prometheusUrl: whole.url, logs: [stage.logFile], scrapeMs: SCRAPE_MS }
  // All of it, however long it took, and what comes while it is asked for.
  const question = { ...asked, minutes: Math.ceil((Date.now() - beganMs) / 60_000) + 1 }
  if (pages !== undefined) await writePages(pages, question, () => {})
  // Where not everything could happen, not everything has moved.
  const found = await problemsFound(question, { say, mustMove: skipped.length === 0 })
  const rules = readRecordings(RECORDING_RULES)
  const ofRenamed = await lasting(() => renamedControl(renamed.url, { question, rules }))
  const ofEmpty = await emptyControl(folder, cleanup, { ruleFile, rules })
  say('negative controls: an empty Prometheus, renamed metrics')
  for (const line of skipped) say(`skipped: ${line}`)
  return [...problems, ...found, ...ofRenamed, ...ofEmpty]
}

async function problemsFound(
  question: PanelQuestion,
  { say, mustMove }: { readonly say: (line: string) => void; readonly mustMove: boolean }
): Promise<string[]> {
  const answers = await askAll(question)
  const lacking =
    panelProblems(answers).length === 0 ? [] : await lasting(async () => panelProblems(await askAll(question)))
  say(`${answers.panels.length} panels asked`)
  const { prometheusUrl } = question
  const still = mustMove
    ? await stillProblems(answers, prometheusAt(prometheusUrl), { ...question, toMs: Date.now() })
    : []
  const recordings = await lasting(() => recordingProblems({ prometheusUrl, ruleFile: RECORDING_RULES }))
  say('recording rules asked')
  return [...lacking, ...still, ...recordings.map(line => `recording rule ${line}`)]
}

async function startPrometheus(
  folder: string,
  cleanup: Cleanup,
  { job, ruleFile }: { readonly job: ScrapeConfig; readonly ruleFile: string }
): Promise<LivePrometheus> {
  fs.mkdirSync(folder, { recursive: true })
  const evaluationMs = 2 * SCRAPE_MS
  // Itself, too: a dashboard of the monitoring shows that, and no other may count it as a broker.
  const settings = { jobs: [job], scrapesItself: true, ruleFiles: [ruleFile], scrapeMs: SCRAPE_MS, evaluationMs }
  const prometheus = await LivePrometheus.start(folder, settings)
  cleanup.add('Prometheus', () => prometheus.stop())
  return prometheus
}
