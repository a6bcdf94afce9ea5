import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@streambus/testkit'
import { stringify } from 'yaml'
import type { ScrapeConfig } from '../stack/scrape-config.ts'

const WAIT_MS_MAX = 30_000
const OUTPUT_CHARACTERS_MAX = 16 * 1024

/** One sample of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface PrometheusSettings {
  readonly jobs: readonly ScrapeConfig[]
  /** As they stand, by their absolute paths. */
  readonly ruleFiles?: readonly string[]
  /** Whether it scrapes itself, too, as job `prometheus`. Default: false. */
  readonly scrapesItself?: boolean
  /** 'host:port' of an Alertmanager. Default: alerts go nowhere. */
  readonly alertmanager?: string
  /** Between two scrapes, whole milliseconds. Default: 1000. */
  readonly scrapeMs?: number
  /** Between two evaluations of the rules. Default: as often as it scrapes. */
  readonly evaluationMs?: number
}

/** A Prometheus of this machine, on a port of its own. */
export class LivePrometheus {
  readonly url: string
  readonly #configFile: string
  readonly #child: ChildProcess
  #output = ''

  private constructor(url: string, configFile: string, child: ChildProcess) {
    this.url = url
    this.#configFile = configFile
    this.#child = child
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX)
    })
  }

  /** `folder` is for its configuration and data. Resolves when it answers; throws with its output when it does not. */
  static async start(folder: string, settings: PrometheusSettings): Promise<LivePrometheus> {
    const port = await freePort()
    const configFile = path.join(folder, 'prometheus.yml')
    fs.writeFileSync(configFile, configOf(settings, `127.0.0.1:${port}`))
    const args = [`--config.file=${configFile}`, `--storage.tsdb.path=${path.join(folder, 'data')}`]
    const web = [`--web.listen-address=127.0.0.1:${port}`, '--web.enable-lifecycle']
    const child = spawn('prometheus', [...args, ...web, '--log.level=warn'], { stdio: ['ignore', 'ignore', 'pipe'] })
    const prometheus = new LivePrometheus(`http://127.0.0.1:${port}`, configFile, child)
    try {
      await prometheus.until('vector(1)', samples => samples.length === 1)
    } catch (error) {
      await prometheus.stop()
      throw error
    }
    return prometheus
  }

  /** The samples of an instant query, a scalar as one without labels. Throws Prometheus' own words. */
  async query(expr: string): Promise<readonly Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expr)}`)
    const text = await response.text()
    if (!response.ok) throw new Error(`${expr}: ${text}`)
    const { data } = JSON.parse(text) as { readonly data: InstantData }
    if (data.resultType === 'scalar') return [{ labels: {}, value: Number(data.result[1]) }]
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** Asks again until `isEnough`. Throws with the last answer and its output after `waitMs`. */
  async until(
    expr: string,
    isEnough: (samples: readonly Sample[]) => boolean,
    waitMs = WAIT_MS_MAX
  ): Promise<readonly Sample[]> {
    const untilMs = Date.now() + waitMs
    let last = 'no answer'
    while (Date.now() < untilMs && this.#child.exitCode === null) {
      try {
        const samples = await this.query(expr)
        if (isEnough(samples)) return samples
        last = JSON.stringify(samples)
      } catch (error) {
        // It does not listen yet, or it has not read its data yet.
        last = String(error)
      }
      await sleep(100)
    }
    throw new Error(`${expr} gave ${last} at last; Prometheus printed:\n${this.#output}`)
  }

  /** What was scraped stays. Throws Prometheus' own words, and the old configuration goes on. */
  async reload(settings: PrometheusSettings): Promise<void> {
    fs.writeFileSync(this.#configFile, configOf(settings, new URL(this.url).host))
    const response = await fetch(`${this.url}/-/reload`, { method: 'POST' })
    if (!response.ok) throw new Error(`${await response.text()}\n${this.#output}`)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

type InstantData =
  | { readonly resultType: 'scalar'; readonly result: readonly [number, string] }
  | {
      readonly resultType: 'vector'
      readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[]
    }

function configOf(settings: PrometheusSettings, self: string): string {
  const { jobs, ruleFiles = [], scrapesItself = false, alertmanager, scrapeMs = 1000, evaluationMs } = settings
  const own: ScrapeConfig = { job_name: 'prometheus', static_configs: [{ targets: [self] }] }
  const interval = `${scrapeMs}ms`
  return stringify({
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: `${evaluationMs ?? scrapeMs}ms`
    },
    rule_files: ruleFiles,
    scrape_configs: scrapesItself ? [...jobs, own] : jobs,
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } })
  })
}
