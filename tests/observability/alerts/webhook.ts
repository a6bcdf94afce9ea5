import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { AlertLabels } from '../../alerts/live-alertmanager.ts'

/** What Alertmanager has told of one alert. */
export interface Told {
  readonly labels: AlertLabels
  readonly annotations: Readonly<Record<string, string>>
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
}

interface Notification {
  readonly receiver: string
  readonly alerts: readonly Omit<Told, 'receiver'>[]
}

/** Receives what Alertmanager sends, as a chat or a pager would. */
export class Webhook {
  readonly #server = http.createServer()
  readonly #told: Told[] = []

  private constructor() {
    this.#server.on('request', (request, response) => void this.#take(request, response))
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { receiver, alerts } = (await json(request)) as Notification
    for (const alert of alerts) this.#told.push({ ...alert, receiver })
    response.end()
  }

  static async start(): Promise<Webhook> {
    const webhook = new Webhook()
    webhook.#server.listen(0, '127.0.0.1')
    await once(webhook.#server, 'listening')
    return webhook
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Everything that was told, in its order; what goes on is told again and again. */
  get told(): readonly Told[] {
    return this.#told
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
