import { EventEmitter, once } from 'node:events'
import net from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AdminConnections } from '../../src/admin/connections.ts'
import { json, type Route } from '../../src/admin/route.ts'
import { startServer } from './running-server.ts'

class FakeSocket extends EventEmitter {
  isDestroyed = false
  readonly id: number

  constructor(id: number) {
    super()
    this.id = id
  }

  destroy(): void {
    this.isDestroyed = true
  }
}

type Step = { readonly kind: 'add' } | { readonly kind: 'began' | 'ended' | 'closed'; readonly at: number }

describe('AdminConnections', () => {
  it('closes for a new one the idle one that was used longest ago, else the new one: as a simple list says', () => {
    const at = fc.nat({ max: 5 })
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.constant({ kind: 'add' as const }),
      fc.record({ kind: fc.constantFrom('began' as const, 'ended' as const, 'closed' as const), at })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, max) => {
        const connections = new AdminConnections(max)
        let model: { socket: FakeSocket; busy: number }[] = []
        const all: FakeSocket[] = []
        for (const each of steps) {
          if (each.kind === 'add') {
            const socket = new FakeSocket(all.length)
            all.push(socket)
            const isFull = model.length >= max
            expect(connections.add(socket as unknown as net.Socket)).toBe(isFull)
            const victim = isFull ? model.find(({ busy }) => busy === 0) : undefined
            model = model.filter(one => one !== victim)
            if (!isFull || victim !== undefined) model.push({ socket, busy: 0 })
            continue
          }
          const one = model[each.at]
          if (one === undefined) continue
          const socket = one.socket as unknown as net.Socket
          if (each.kind === 'closed') {
            one.socket.emit('close')
            one.socket.destroy()
            model = model.filter(other => other !== one)
          } else if (each.kind === 'began') {
            one.busy++
            connections.began(socket)
          } else if (one.busy > 0) {
            one.busy--
            connections.ended(socket)
            model = [...model.filter(other => other !== one), one]
          }
        }
        const open = all.filter(({ isDestroyed }) => !isDestroyed).map(({ id }) => id)
        expect(open).toEqual(model.map(({ socket }) => socket.id).sort((a, b) => a - b))
        expect(connections.count).toBe(model.length)
      })
    )
  })
})

async function idleConnections(port: number, count: number): Promise<net.Socket[]> {
  const sockets = Array.from({ length: count }, () => net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
  for (const socket of sockets) socket.on('error', () => {})
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  return sockets
}

describe('silent connections', () => {
  it('beyond the limit leave room for liveness, and are told of', async () => {
    const admin = await startServer()
    const sockets = await idleConnections(admin.port, 400)
    const answer = await fetch(`${admin.url}/health/live`)
    expect(answer.status).toBe(200)
    expect(admin.lines.filter(({ fields }) => fields['event'] === 'admin_connections_full').length).toBeGreaterThan(0)
    // 256 find room; so does the one that asks.
    expect(admin.metrics.cells.httpRateLimited.child('connections').value).toBe(400 - 256 + 1)
    for (const socket of sockets) socket.destroy()
    await admin.server.stop(0)
  })

  it('do not cost those their answer who wait for one', async () => {
    const gate = Promise.withResolvers<void>()
    const held: Route = {
      method: 'GET',
      path: '/held',
      summary: '',
      async handle() {
        await gate.promise
        return json(200, {})
      }
    }
    const admin = await startServer([held], [], 0, { limits: { connections: 4 } })
    const waiting = fetch(`${admin.url}/held`)
    await expect.poll(() => admin.metrics.cells.httpRequestsInFlight.value).toBe(1)
    const sockets = await idleConnections(admin.port, 20)
    expect((await fetch(`${admin.url}/health/live`)).status).toBe(200)
    gate.resolve()
    expect((await waiting).status).toBe(200)
    for (const socket of sockets) socket.destroy()
    await admin.server.stop(0)
  })

  it('nor do requests beyond what may be under way, which are refused and counted', async () => {
    const gate = Promise.withResolvers<void>()
    const held: Route = {
      method: 'GET',
      path: '/held',
      summary: '',
      async handle() {
        await gate.promise
        return json(200, {})
      }
    }
    const admin = await startServer([held], [], 0, { limits: { inFlight: 1 } })
    const waiting = fetch(`${admin.url}/held`)
    await expect.poll(() => admin.metrics.cells.httpRequestsInFlight.value).toBe(1)
    expect((await fetch(`${admin.url}/held`)).status).toBe(503)
    expect(admin.metrics.cells.httpRateLimited.child('requests').value).toBe(1)
    gate.resolve()
    expect((await waiting).status).toBe(200)
    await admin.server.stop(0)
  })

  it.each([
    ['nothing', ''],
    ['half of their headers', 'GET / HTTP/1.1\r\nHost: x\r\n']
  ])('that send %s are answered 408 in time and closed, also when they do not close their end', async (_, bytes) => {
    const admin = await startServer([], [], 0, { limits: { headersMs: 100, checkMs: 20 } })
    const [socket] = await idleConnections(admin.port, 1)
    if (bytes !== '') socket?.write(bytes)
    let received = ''
    socket?.on('data', chunk => (received += String(chunk)))
    const { cells } = admin.metrics
    await expect.poll(() => received, { timeout: 5_000 }).toMatch(/^HTTP\/1\.1 408 Request Timeout/)
    // The client keeps its end open: the server's does not wait for it.
    await expect.poll(() => admin.server.connectionCount, { timeout: 5_000 }).toBe(0)
    expect(cells.httpRequestsInFlight.value).toBe(0)
    socket?.destroy()
    await admin.server.stop(0)
  })
})
