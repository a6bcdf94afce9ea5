import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@streambus/testkit'
import { stringify } from 'yaml'
import type { ScrapeConfig } from './scrape-config.ts'

const WAIT_MS_MAX = 30_000
const OUTPUT_CHARACTERS_MAX = 16 * 1024

/** One sample of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A Prometheus of this machine with one scrape job, scraping each second. */
export class LivePrometheus {
  readonly #url: string
  readonly #child: ChildProcess
  #output = ''

  private constructor(url: string, child: ChildProcess) {
    this.#url = url
    this.#child = child
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX)
    })
  }

  /** `folder` is for its configuration and data. Throws with its output when it does not start. */
  static async start(folder: string, job: ScrapeConfig): Promise<LivePrometheus> {
    const port = await freePort()
    const configFile = path.join(folder, 'prometheus.yml')
    const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: [job] }
    fs.writeFileSync(configFile, stringify(config))
    const args = [`--config.file=${configFile}`, `--storage.tsdb.path=${path.join(folder, 'data')}`]
    const listen = `--web.listen-address=127.0.0.1:${port}`
    const child = spawn('prometheus', [...args, listen, '--log.level=warn'], { stdio: ['ignore', 'ignore', 'pipe'] })
    return new LivePrometheus(`http://127.0.0.1:${port}`, child)
  }

  /** Asks again until `isEnough`. Throws with the last answer, or its output, after 30 s. */
  async until(query: string, isEnough: (samples: readonly Sample[]) => boolean): Promise<readonly Sample[]> {
    const untilMs = Date.now() + WAIT_MS_MAX
    let last = 'no answer'
    while (Date.now() < untilMs && this.#child.exitCode === null) {
      const samples = await this.#query(query)
      if (samples !== null && isEnough(samples)) return samples
      last = JSON.stringify(samples)
      await sleep(100)
    }
    throw new Error(`${query} gave ${last} at last; Prometheus printed:\n${this.#output}`)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async #query(query: string): Promise<readonly Sample[] | null> {
    try {
      const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`)
      if (!response.ok) return null
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
    } catch {
      // It does not listen yet.
      return null
    }
  }
}
