import fs from 'node:fs'
import path from 'node:path'
import { hasAlertmanager } from '../../alerts/live-alertmanager.ts'
import { root, rules } from '../../alerts/shipped.ts'
import { Cleanup } from '../../durability/cleanup.ts'
import { hasProgram } from '../../stack/files.ts'
import type { Act } from './act.ts'
import { acts, nothingScraped } from './acts/index.ts'
import { nothingHappens } from './nothing-happens.ts'
import { Theatre } from './theatre.ts'
import { whyUnprovoked } from './unprovoked.ts'

/** Brokers and clients share the machine with Prometheus. */
const AT_ONCE = 3
/** What must not fire in the negative control: the metric of its rule has another name. */
const RENAMED = { alert: 'HighNetworkErrors', metric: 'streambus_network_errors_total', limitMs: 20_000 }

export interface AlertsOptions {
  readonly say: (line: string) => void
  /** For configurations and data. */
  readonly folder: string
  /** Only acts whose name has one of these words. Default: all, with the negative controls. */
  readonly words?: readonly string[]
}

/** Why this cannot run here, in a sentence; null when it can. */
export function whyNotAlerts(): string | null {
  if (!hasProgram('prometheus')) return 'prometheus is not installed'
  return hasAlertmanager ? null : 'prometheus-alertmanager is not installed'
}

/**
 * Every alert that can be provoked, on brokers to which it happens: it must be told to a webhook behind Alertmanager as
 * firing, and when what made it is undone, as resolved. Problems, one a line.
 */
export async function checkAlerts({ say, folder, words = [] }: AlertsOptions): Promise<string[]> {
  const cleanup = new Cleanup()
  const forget = cleanup.onSignals()
  try {
    const isWanted = ({ name }: Act): boolean => words.length === 0 || words.some(word => name.includes(word))
    const theatre = await Theatre.open(path.join(root, 'alerts'), folder, cleanup)
    const problems: string[] = []
    const play = async (act: Act): Promise<void> => {
      const reason = act.whyNot?.() ?? null
      if (reason !== null) return say(`SKIPPED ${act.alerts.join(', ')}: ${reason}`)
      const found = await theatre.play(act, { cleanup, say })
      problems.push(...found)
      if (found.length === 0) say(`${act.name}: ${act.alerts.join(', ')} fired and resolved`)
    }
    if (words.length === 0) problems.push(...(await nothingHappens(theatre, { cleanup, say })))
    const left = acts.filter(isWanted)
    const turns = Array.from({ length: AT_ONCE }, async () => {
      for (let act = left.shift(); act !== undefined; act = left.shift()) await play(act)
    })
    await Promise.all(turns)
    if (isWanted(nothingScraped)) await play(nothingScraped)
    if (words.length === 0) {
      if (!theatre.told.has('Watchdog')) problems.push('Watchdog was not told')
      problems.push(...(await renamedControl(folder, cleanup)))
      for (const { alert, why } of unprovoked()) say(`not provoked: ${alert}, ${why}`)
    }
    return problems
  } finally {
    await cleanup.run()
    forget()
  }
}

function unprovoked(): { alert: string; why: string }[] {
  const whys = new Map(rules.alerts.map(rule => [rule.alert, whyUnprovoked(rule)]))
  return [...whys].flatMap(([alert, why]) => (why === null ? [] : [{ alert, why }]))
}

/** The same act before rules that read a metric nobody has: its alert must stay away, and that must be noticed. */
async function renamedControl(folder: string, cleanup: Cleanup): Promise<string[]> {
  const { alert, metric, limitMs } = RENAMED
  const act = acts.find(({ alerts }) => alerts.includes(alert))
  if (act === undefined) throw new Error(`no act makes ${alert} fire`)
  const own = path.join(folder, 'renamed')
  const shipped = path.join(own, 'alerts')
  fs.cpSync(path.join(root, 'alerts'), shipped, { recursive: true })
  for (const name of fs.readdirSync(shipped).filter(each => each.endsWith('.yml'))) {
    const file = path.join(shipped, name)
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll(metric, `${metric}_renamed`))
  }
  const theatre = await Theatre.open(shipped, own, cleanup)
  const found = await theatre.play({ ...act, limitMs }, { cleanup, say() {} })
  return found.length > 0 ? [] : [`negative control: ${alert} fires although its rule reads another metric`]
}
