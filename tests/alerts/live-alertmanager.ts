import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { tempDir } from '@streambus/testkit'

const COMMAND = 'prometheus-alertmanager'
const START_MS = 20_000
const SETTLE_MS = 10_000
const LOOK_MS = 20
export const hasAlertmanager = spawnSync(COMMAND, ['--version']).status === 0

export type AlertLabels = Readonly<Record<string, string>>

/** An Alertmanager of its own, on a port of its own. */
export class LiveAlertmanager {
  readonly url: string
  readonly #process: ChildProcess
  readonly #storage: { remove(): void }

  private constructor(url: string, process: ChildProcess, storage: { remove(): void }) {
    this.url = url
    this.#process = process
    this.#storage = storage
  }

  /** Rejects with what it said when it does not begin to listen. */
  static async start(configFile: string): Promise<LiveAlertmanager> {
    const storage = tempDir('alertmanager')
    const child = spawn(
      COMMAND,
      ['--config.file', configFile, '--storage.path', storage.path, '--cluster.listen-address='].concat(
        '--web.listen-address=127.0.0.1:0'
      ),
      { stdio: ['ignore', 'ignore', 'pipe'] }
    )
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const [, address] = /msg="Listening on" address=(\S+)/.exec(said) ?? []
      if (address !== undefined) resolve(`http://${address}`)
    })
    child.once('exit', () => reject(new Error(said)))
    const timer = setTimeout(() => reject(new Error(`Alertmanager does not listen: ${said}`)), START_MS)
    try {
      return new LiveAlertmanager(await promise, child, storage)
    } catch (error) {
      child.kill('SIGKILL')
      storage.remove()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Sends alerts that fire from now on, and tells which of them are muted by another one. Alertmanager takes them in
   * one by one after it has answered: looks until all are there and `count` are muted, or says what is so after 10 s.
   */
  async muted(alerts: readonly AlertLabels[], count: number): Promise<AlertLabels[]> {
    const at = `${this.url}/api/v2/alerts`
    const body = JSON.stringify(alerts.map(labels => ({ labels })))
    const sent = await fetch(at, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    if (!sent.ok) throw new Error(`Alertmanager: ${await sent.text()}`)
    const deadline = Date.now() + SETTLE_MS
    for (;;) {
      const present = (await (await fetch(at)).json()) as { labels: AlertLabels; status: { inhibitedBy: string[] } }[]
      const muted = present.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => labels)
      if ((present.length >= alerts.length && muted.length === count) || Date.now() > deadline) return muted
      await sleep(LOOK_MS)
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise(done => this.#process.once('exit', done))
    this.#process.kill('SIGTERM')
    await ended
    this.#storage.remove()
  }
}
