import { once } from 'node:events'
import net from 'node:net'
import { BufferPool } from '@streambus/base'
import { nodeClock } from '@streambus/base/node'
import { Framer } from '@streambus/protocol'
import { afterEach, expect, test } from 'vitest'
import type { ConnectionProbe } from '../../src/net/connection-probe.ts'
import { Listener, type ListenerLimits } from '../../src/net/listener.ts'
import { MemoryBudget } from '../../src/net/memory-budget.ts'
import type { Exchange, Execute } from '../../src/pipeline/exchange.ts'
import { RequestClock } from '../../src/pipeline/request-clock.ts'

const LIMITS: ListenerLimits = {
  connectionsMax: 100,
  connectionsPerIpMax: 100,
  frameBytesMax: 10_000_000,
  inFlightMax: 5,
  idleMs: 60_000,
  frameStallMs: 30_000
}

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function tally() {
  const counts = new Map<string, number>()
  const count = (name: string, by = 1) => counts.set(name, (counts.get(name) ?? 0) + by)
  const probe: ConnectionProbe = {
    opened: () => count('opened'),
    closed: () => count('closed'),
    rejected: reason => count(`rejected ${reason}`),
    bytesIn: bytes => count('bytesIn', bytes),
    bytesOut: bytes => count('bytesOut', bytes),
    requestFramed: () => count('requests'),
    networkError: reason => count(`error ${reason}`)
  }
  return { counts, probe }
}

const requestClock = new RequestClock(nodeClock, true)

async function listen(execute: Execute, limits: Partial<ListenerLimits> = {}, clock = requestClock) {
  const { counts, probe } = tally()
  const reasons: string[] = []
  const listener = new Listener({
    host: '127.0.0.1',
    port: 0,
    advertised: null,
    nextConnectionId: () => 1,
    limits: { ...LIMITS, ...limits },
    execute,
    probe,
    clock: nodeClock,
    requestClock: clock,
    pool: new BufferPool(1 << 22),
    budget: new MemoryBudget(1 << 26),
    log: {
      opened() {},
      closed: (_peer, { detail }) => void (detail === 'closed by the peer' || reasons.push(detail)),
      rejected() {}
    }
  })
  const { port } = await listener.start()
  cleanups.push(() => listener.stop(100))
  return { listener, port, counts, reasons }
}

async function connect(port: number) {
  const socket = net.connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  socket.on('error', () => {})
  cleanups.push(() => void socket.destroy())
  const frames: Buffer[] = []
  const framer = new Framer(1 << 28)
  socket.on('data', chunk => frames.push(...framer.push(chunk)))
  const received = async (count: number) => {
    while (frames.length < count) await once(socket, 'data')
    return frames
  }
  return { socket, received }
}

function frame(body: string | Buffer): Buffer {
  const bytes = Buffer.from(body)
  const head = Buffer.alloc(4)
  head.writeInt32BE(bytes.length)
  return Buffer.concat([head, bytes])
}

const echo: Execute = (bytes, _peer, exchange) => exchange.respond([frame(Buffer.from(bytes))])

test('answers requests, small and large, that come in one piece or many', async () => {
  const { port, counts } = await listen(echo)
  const { socket, received } = await connect(port)
  const large = Buffer.alloc(3_000_000, 'x')
  socket.write(Buffer.concat([frame('one'), frame('two'), frame(large)]))
  for (const byte of frame('bytewise')) socket.write(Buffer.from([byte]))
  const answers = await received(4)
  expect(answers.map(answer => answer.length)).toEqual([3, 3, 3_000_000, 8])
  expect(answers[3]?.toString()).toBe('bytewise')
  expect(counts.get('requests')).toBe(4)
  expect(counts.get('bytesIn')).toBe(3 + 3 + 3_000_000 + 8 + 16)
})

test('more requests in one read than may be in flight are all answered', async () => {
  const { port } = await listen(echo)
  const { socket, received } = await connect(port)
  socket.write(Buffer.concat(Array.from({ length: 500 }, (_, i) => frame(`request ${i}`))))
  const answers = await received(500)
  expect(answers.map(String)).toEqual(Array.from({ length: 500 }, (_, i) => `request ${i}`))
})

test('answers leave in the order of requests, whatever order they are ready in', async () => {
  const open: Exchange[] = []
  const { port } = await listen((_frame, _peer, exchange) => void open.push(exchange))
  const { socket, received } = await connect(port)
  socket.write(Buffer.concat([frame('a'), frame('b'), frame('c')]))
  while (open.length < 3) await new Promise(setImmediate)
  open[2]?.respond([frame('third')])
  open[1]?.respond([frame('second')])
  open[0]?.respond([frame('first')])
  expect((await received(3)).map(String)).toEqual(['first', 'second', 'third'])
})

test('a request that holds back stops the next ones until it is answered', async () => {
  const open: Exchange[] = []
  const { port } = await listen((_frame, _peer, exchange) => {
    exchange.holdsBack = true
    open.push(exchange)
  })
  const { socket, received } = await connect(port)
  socket.write(Buffer.concat([frame('a'), frame('b')]))
  while (open.length < 1) await new Promise(setImmediate)
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  expect(open.length).toBe(1)
  open[0]?.respond([frame('A')])
  await received(1)
  while (open.length < 2) await new Promise(setImmediate)
  open[1]?.respond([frame('B')])
  expect((await received(2)).map(String)).toEqual(['A', 'B'])
})

test('closes on an illegal frame length and counts it', async () => {
  const { port, counts, reasons } = await listen(echo)
  const { socket } = await connect(port)
  socket.write('GET /metrics HTTP/1.1\r\n\r\n')
  await once(socket, 'close')
  expect(counts.get('error frame-size')).toBe(1)
  expect(reasons[0]).toContain('the peer speaks HTTP')
})

test('refuses connections above the limit and takes new ones when others have gone', async () => {
  const { port, counts, listener } = await listen(echo, { connectionsMax: 2 })
  const first = await connect(port)
  await connect(port)
  const third = await connect(port)
  await once(third.socket, 'close')
  expect(counts.get('rejected connections-max')).toBe(1)
  first.socket.destroy()
  while (listener.connectionCount > 1) await new Promise(setImmediate)
  const fourth = await connect(port)
  fourth.socket.write(frame('hello'))
  expect(String((await fourth.received(1))[0])).toBe('hello')
})

test('a half-closed client still gets its answer, then the end', async () => {
  const open: Exchange[] = []
  const { port } = await listen((_frame, _peer, exchange) => void open.push(exchange))
  const { socket, received } = await connect(port)
  socket.end(frame('last words'))
  while (open.length < 1) await new Promise(setImmediate)
  await new Promise(setImmediate)
  open[0]?.respond([frame('answered')])
  expect(String((await received(1))[0])).toBe('answered')
  await once(socket, 'close')
})

test('a peer that does not read its answers is not read from, and they count when it does', async () => {
  let executed = 0
  const answer = frame(Buffer.alloc(4_000_000))
  const { port, counts } = await listen((_frame, _peer, exchange) => {
    executed++
    exchange.respond([answer])
  })
  const { socket } = await connect(port)
  socket.pause()
  socket.write(Buffer.concat(Array.from({ length: 200 }, () => frame('more'))))
  await new Promise<void>(resolve => {
    let last = -1
    const look = () => (executed === last ? resolve() : ((last = executed), setTimeout(look, 50)))
    look()
  })
  expect(executed).toBeLessThan(20)
  const waiting = executed
  expect(counts.get('bytesOut') ?? 0).toBeLessThan(waiting * answer.length)
  socket.resume()
  await expect.poll(() => counts.get('bytesOut') ?? 0).toBeGreaterThanOrEqual(waiting * answer.length)
})

test('a stop does not wait for clients that have nothing under way', async () => {
  const { port, listener } = await listen(echo)
  const { socket, received } = await connect(port)
  socket.write(frame('hello'))
  await received(1)
  const closed = once(socket, 'close')
  // Longer than the test may take: only the connection's own end can end this.
  await listener.stop(600_000)
  await closed
})

test('pooled buffers go back after the write, also when the connection dies first', async () => {
  let released = 0
  const { port, listener } = await listen((_frame, _peer, exchange) => {
    exchange.afterWrite = () => released++
    exchange.respond([frame(Buffer.alloc(6_000_000))])
  })
  const { socket } = await connect(port)
  socket.pause()
  socket.write(frame('x'))
  await new Promise(setImmediate)
  socket.destroy()
  while (listener.connectionCount > 0 || released === 0) await new Promise(setImmediate)
  expect(released).toBe(1)
})

test('whoever asks is told once when a socket has taken an answer, and of no answer that there was none to send', async () => {
  const sent: string[] = []
  const { port } = await listen((bytes, _peer, exchange) => {
    const name = bytes.toString()
    exchange.onSent = {
      sent(flushedMs, sentMs) {
        expect(flushedMs).toBeGreaterThanOrEqual(exchange.arrivedMs)
        expect(sentMs).toBeGreaterThanOrEqual(flushedMs)
        sent.push(name)
      }
    }
    exchange.respond(name === 'none' ? [] : [frame('head'), frame(Buffer.alloc(name === 'large' ? 4_000_000 : 1))])
  })
  const { socket, received } = await connect(port)
  socket.write(Buffer.concat([frame('small'), frame('none'), frame('large'), frame('last')]))
  await received(6)
  expect(sent).toEqual(['small', 'large', 'last'])
  socket.write(frame('none'))
  socket.write(frame('end'))
  await received(8)
  expect(sent).toEqual(['small', 'large', 'last', 'end'])
})

test('the answer to a request that was held back says when its bytes came, not when its turn did', async () => {
  const open: Exchange[] = []
  const { port } = await listen((_frame, _peer, exchange) => {
    exchange.holdsBack = true
    open.push(exchange)
  })
  const { socket, received } = await connect(port)
  socket.write(Buffer.concat([frame('a'), frame('b')]))
  while (open.length < 1) await new Promise(setImmediate)
  open[0]?.respond([frame('A')])
  await received(1)
  while (open.length < 2) await new Promise(setImmediate)
  expect(open[1]?.arrivedMs).toBe(open[0]?.arrivedMs)
})

test('a chunk of requests costs two readings of the clock, what is answered later one more', async () => {
  let readings = 0
  const clock = new RequestClock({ monotonicMs: () => ++readings }, true)
  const times: number[][] = []
  const open: Exchange[] = []
  const execute: Execute = (bytes, peer, exchange) => {
    exchange.onSent = { sent: (flushedMs, sentMs) => void times.push([exchange.arrivedMs, flushedMs, sentMs]) }
    if (bytes.toString() === 'later') open.push(exchange)
    else echo(bytes, peer, exchange)
  }
  const { port } = await listen(execute, {}, clock)
  const { socket, received } = await connect(port)
  await until(() => readings === 1)
  socket.write(Buffer.concat([frame('a'), frame('b'), frame('c')]))
  await received(3)
  await until(() => times.length === 3)
  socket.write(frame('later'))
  await until(() => open.length === 1)
  open[0]?.respond([frame('d')])
  await until(() => times.length === 4)
  expect(times).toEqual([...Array.from({ length: 3 }, () => [2, 2, 3]), [4, 5, 6]])
})

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate)
}
