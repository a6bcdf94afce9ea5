import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { AdminProxy } from './admin-proxy.ts'

test('one request at a time is passed on, and known to the next; who is held gets the last page again', async () => {
  const asked: string[] = []
  let underWay = 0
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '')
    const [count, page] = [++underWay, String(asked.length)]
    setImmediate(() => {
      underWay--
      response.writeHead(count === 1 ? 200 : 503, { 'content-type': 'text/plain' }).end(page)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await AdminProxy.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const get = async (path: string): Promise<string> => (await fetch(proxy.url + path)).text()
  try {
    expect((await Promise.all([get('/metrics'), get('/metrics'), get('/metrics')])).toSorted()).toEqual(['1', '2', '3'])
    await proxy.hold()
    expect(await get('/metrics')).toBe('3')
    expect(proxy.requests.of('GET', '/metrics', '200')).toBe(2)
    proxy.release()
    expect(await get('/ready')).toBe('4')
    expect(proxy.requests.of('GET', '/metrics', '200')).toBe(3)
    expect(proxy.requests.total).toBe(3)
  } finally {
    await proxy.close()
    server.closeAllConnections()
    server.close()
  }
})
