import fs from 'node:fs'
import path from 'node:path'
import { type AlertLabels, LiveAlertmanager } from '../../alerts/live-alertmanager.ts'
import { startBroker } from '../../durability/broker.ts'
import { Cleanup } from '../../durability/cleanup.ts'
import { pause } from '../../durability/gate.ts'
import { LivePrometheus } from '../prometheus.ts'
import type { Act, Stage, TargetOptions } from './act.ts'
import { compressAlertmanager, compressRules } from './compress.ts'
import { Targets } from './targets.ts'
import { Webhook } from './webhook.ts'

const LIMIT_MS = 180_000
const LOOK_MS = 200
const RULES = ['streambus-recording.yml', 'streambus-alerts.yml']

/** 'HighConsumerLag', 'EventLoopBlocked/critical', 'ErrorBudgetBurnFast/1h' → what it is among what was told. */
function matches(wanted: string, labels: AlertLabels): boolean {
  const [name, which] = wanted.split('/')
  return labels['alertname'] === name && [undefined, labels['severity'], labels['window']].includes(which)
}

/**
 * The shipped rules in a Prometheus, the shipped routes in an Alertmanager and a webhook behind them, 60 times as fast.
 */
export class Theatre {
  readonly prometheus: LivePrometheus
  readonly #webhook: Webhook
  readonly #targets: Targets

  private constructor(prometheus: LivePrometheus, webhook: Webhook, targets: Targets) {
    this.prometheus = prometheus
    this.#webhook = webhook
    this.#targets = targets
  }

  /** `alertsFolder` holds the shipped rules and routes; `folder` is for what is made of them. Ends with `cleanup`. */
  static async open(alertsFolder: string, folder: string, cleanup: Cleanup): Promise<Theatre> {
    fs.mkdirSync(folder, { recursive: true })
    const webhook = await Webhook.start()
    cleanup.add('webhook', () => webhook.stop())
    const routes = path.join(folder, 'alertmanager.yml')
    const shippedRoutes = fs.readFileSync(path.join(alertsFolder, 'alertmanager.yml'), 'utf8')
    fs.writeFileSync(routes, compressAlertmanager(shippedRoutes, webhook.url))
    const alertmanager = await LiveAlertmanager.start(routes)
    cleanup.add('Alertmanager', () => alertmanager.stop())
    const ruleFiles = RULES.map(name => {
      const file = path.join(folder, name)
      fs.writeFileSync(file, compressRules(fs.readFileSync(path.join(alertsFolder, name), 'utf8')))
      return file
    })
    const data = path.join(folder, 'prometheus')
    fs.mkdirSync(data)
    const targets = new Targets(path.join(folder, 'targets.json'))
    const prometheus = await LivePrometheus.start(data, {
      jobs: [{ job_name: 'streambus', file_sd_configs: [{ files: [targets.file] }] }],
      ruleFiles,
      alertmanager: new URL(alertmanager.url).host
    })
    cleanup.add('Prometheus', () => prometheus.stop())
    return new Theatre(prometheus, webhook, targets)
  }

  /** Plays an act to its end. Returns what did not come as it must, in sentences. */
  async play(act: Act, options: { readonly cleanup: Cleanup; say(text: string): void }): Promise<readonly string[]> {
    const cleanup = new Cleanup()
    const undo = options.cleanup.add(act.name, () => cleanup.run())
    const end = new AbortController()
    const stage = this.#stage(act, { ...options, cleanup, signal: end.signal })
    const problems: string[] = []
    const fromTold = this.#webhook.told.length
    try {
      const performing = act.perform(stage)
      const early = performing.then(() => {
        if (!end.signal.aborted) throw new Error('it ended by itself')
      })
      problems.push(...((await Promise.race([this.#missing('firing', act, fromTold), early])) ?? []))
      end.abort()
      await performing
      if (problems.length === 0) problems.push(...(await this.#missing('resolved', act, fromTold)))
    } catch (error) {
      problems.push((error as Error).message)
    } finally {
      end.abort()
      await undo()
    }
    return problems.map(problem => `${act.name}: ${problem}`)
  }

  /** Every name that was told as firing since the theatre was opened. */
  get told(): ReadonlySet<string> {
    return new Set(this.#webhook.told.map(({ labels }) => labels['alertname'] ?? ''))
  }

  /** The same, of one cluster. */
  toldOf(cluster: string): readonly string[] {
    const own = this.#webhook.told.filter(({ labels }) => labels['cluster'] === cluster)
    return [...new Set(own.map(({ labels }) => labels['alertname'] ?? ''))]
  }

  #stage(
    act: Act,
    { cleanup, signal, say }: { cleanup: Cleanup; signal: AbortSignal; say(text: string): void }
  ): Stage {
    const place = (address: string, { job, scrapeSeconds }: TargetOptions = {}): void => {
      const remove = this.#targets.add(address, {
        cluster: act.name,
        ...(job === undefined ? {} : { job }),
        scrapeSeconds
      })
      cleanup.add(`target ${address}`, remove)
    }
    return {
      signal,
      cleanup,
      say: text => say(`${act.name}: ${text}`),
      startBroker: async brokerOptions => {
        const [broker] = await startBroker(cleanup, brokerOptions ?? {})
        const address = new URL(broker.adminUrl).host
        place(address)
        await this.prometheus.until(`up{instance="${address}"} == 1`, samples => samples.length === 1)
        return broker
      },
      scrape: place,
      scrapeNothing: () => this.#targets.hide()
    }
  }

  /** Returns what is missing after the act's limit. */
  async #missing(status: 'firing' | 'resolved', act: Act, fromTold: number): Promise<readonly string[]> {
    const untilMs = performance.now() + (act.limitMs ?? LIMIT_MS)
    let missing: readonly string[] = act.alerts
    while (performance.now() < untilMs) {
      const told = this.#webhook.told.slice(fromTold).filter(({ labels }) => isOf(act, labels))
      missing = act.alerts.filter(wanted => {
        const last = new Map<string, string>()
        for (const one of told) if (matches(wanted, one.labels)) last.set(JSON.stringify(one.labels), one.status)
        const statuses = [...last.values()]
        return status === 'firing' ? statuses.length === 0 : !statuses.every(each => each === 'resolved')
      })
      if (missing.length === 0) return []
      await pause(LOOK_MS)
    }
    return missing.map(wanted => `${wanted} was not told as ${status}`)
  }
}

/** Alerts of the monitoring as a whole have no cluster. */
function isOf(act: Act, labels: AlertLabels): boolean {
  return labels['cluster'] === undefined || labels['cluster'] === act.name
}
