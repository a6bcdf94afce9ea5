import http from 'node:http'
import { missing } from './collect.ts'
import { drawIndex, drawPage } from './page.ts'
import { ask, dashboards, intervalsOf, type Sources, type Span } from './render.ts'

/** As in Grafana. */
function linkOf(uid: string): string {
  return `/d/${uid}`
}

export interface ServerOptions extends Omit<Span, 'toMs'> {
  readonly sources: Sources
}

/**
 * `/` lists the dashboards, `/d/<uid>` draws one as of now; `var-<name>`, `minutes` narrow it. `/missing` lists all
 * panels without data as text. Resolves to the port.
 */
export function serve(port: number, { sources, ...span }: ServerOptions): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    respond(url, sources, span).then(
      ([status, type, body]) => response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8` }).end(body),
      (error: unknown) =>
        response.writeHead(502, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${String(error)}\n`)
    )
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

async function respond(
  url: URL,
  sources: Sources,
  defaults: Omit<Span, 'toMs'>
): Promise<readonly [status: number, type: string, body: string]> {
  const minutes = Number(url.searchParams.get('minutes') ?? defaults.minutes)
  const span = { ...defaults, minutes: Number.isFinite(minutes) && minutes >= 1 ? minutes : 1, toMs: Date.now() }
  if (url.pathname === '/') return [200, 'text/html', drawIndex(linkOf)]
  if (url.pathname === '/missing') {
    const results = await Promise.all(dashboards.map(dashboard => ask(dashboard, sources, span)))
    return [200, 'text/plain', `${results.flatMap(missing).join('\n')}\n`]
  }
  const dashboard = dashboards.find(({ uid }) => linkOf(uid) === url.pathname)
  if (dashboard === undefined) return [404, 'text/plain', 'no such dashboard\n']
  const chosen = [...url.searchParams].flatMap(([name, value]) =>
    name.startsWith('var-') ? [[name.slice('var-'.length), value] as const] : []
  )
  const result = await ask(dashboard, sources, span, Object.fromEntries(chosen))
  return [200, 'text/html', drawPage(result, { range: intervalsOf(span).range, linkOf })]
}
