import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counts } from './counts.ts'

interface Page {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * Stands between a broker's admin port and whoever asks it, passes one request at a time, and counts them. Nobody else
 * may ask the broker. While it holds, it answers all with the last page: so a number that changes with each scrape
 * stands still long enough to be compared.
 */
export class AdminProxy {
  /** By method, path and status: those that were answered before the last page was asked for. */
  readonly requests = new Counts()
  readonly url: string
  readonly #target: string
  readonly #server: http.Server
  #turn: Promise<void> = Promise.resolve()
  #previous: readonly string[] | null = null
  #last: Page | null = null
  #isHolding = false

  private constructor(target: string, server: http.Server) {
    this.#target = target
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => {
      this.#turn = this.#turn.then(() => this.#pass(request, response))
    })
  }

  /** Listens on a free port of the loopback interface. `target`: 'http://host:port' of the admin port. */
  static async start(target: string): Promise<AdminProxy> {
    const server = http.createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new AdminProxy(target, server)
  }

  /** Resolves when nothing is under way to the broker any more, and nothing will be until `release`. */
  async hold(): Promise<void> {
    this.#isHolding = true
    await this.#turn
  }

  release(): void {
    this.#isHolding = false
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  /** Never rejects: who is not answered by the broker is told so. */
  async #pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const page = this.#isHolding && this.#last !== null ? this.#last : await this.#forward(request)
      response.writeHead(page.status, { 'content-type': page.headers['content-type'], ...encodingOf(page) })
      response.end(page.body)
    } catch (error) {
      response.writeHead(502).end(String(error))
    }
  }

  async #forward({ method = '', url = '', headers }: http.IncomingMessage): Promise<Page> {
    if (this.#previous !== null) this.requests.add(1, ...this.#previous)
    this.#previous = null
    const page = await ask(`${this.#target}${url}`, method, headers)
    this.#previous = [method, url, String(page.status)]
    this.#last = page
    return page
  }
}

function encodingOf({ headers }: Page): http.OutgoingHttpHeaders {
  const encoding = headers['content-encoding']
  return encoding === undefined ? {} : { 'content-encoding': encoding }
}

/** As it comes: what is compressed stays it. */
async function ask(url: string, method: string, headers: http.IncomingHttpHeaders): Promise<Page> {
  const request = http.request(url, { method, headers })
  request.end()
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
}
