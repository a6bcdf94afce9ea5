import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** Takes spans by OTLP over HTTP, or refuses them. */
export class Collector {
  readonly url: string
  isHealthy = false
  readonly #server: http.Server

  private constructor(server: http.Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(): Promise<Collector> {
    let collector: Collector | null = null
    const server = http.createServer((request, response) => {
      request.resume()
      request.on('end', () => response.writeHead(collector?.isHealthy === true ? 200 : 400).end('{}'))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    collector = new Collector(server)
    return collector
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
