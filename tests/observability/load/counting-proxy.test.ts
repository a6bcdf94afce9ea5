import { once } from 'node:events'
import net from 'node:net'
import { encodeRequestFrame, encodeResponseFrame, heartbeatApi } from '@streambus/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CountingProxy } from './counting-proxy.ts'
import { until } from './load-stage.ts'

const body = { groupId: 'g', generationId: 1, memberId: 'm' }
const REQUEST = Buffer.concat(
  encodeRequestFrame({ api: heartbeatApi, version: 3, correlationId: 1, clientId: 'c', body })
)
const ANSWER = Buffer.concat(
  encodeResponseFrame({ api: heartbeatApi, version: 3, correlationId: 1, body: { errorCode: 0 } })
)

let proxy: CountingProxy
let server: net.Server
let accepted: net.Socket[]

beforeEach(async () => {
  accepted = []
  server = net.createServer({ allowHalfOpen: true }, socket => {
    accepted.push(socket.on('error', () => undefined).resume())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await CountingProxy.start()
  proxy.lead(`127.0.0.1:${(server.address() as net.AddressInfo).port}`)
})

afterEach(async () => {
  await proxy.close()
  for (const socket of accepted) socket.destroy()
  server.close()
})

async function connect(): Promise<{ readonly client: net.Socket; readonly broker: net.Socket }> {
  const count = accepted.length
  const client = net.connect(proxy.port, '127.0.0.1').on('error', () => undefined)
  await once(client.resume(), 'connect')
  await until(() => accepted.length > count, 'the broker is reached')
  return { client, broker: accepted[count] as net.Socket }
}

test('passes bytes on in both directions, and counts them', async () => {
  const { client, broker } = await connect()
  client.write(REQUEST)
  expect(await once(broker, 'data')).toEqual([REQUEST])
  broker.write(ANSWER)
  expect(await once(client, 'data')).toEqual([ANSWER])
  const { tally } = proxy
  expect([tally.bytesIn, tally.bytesOut]).toEqual([REQUEST.length, ANSWER.length])
  expect([tally.requests.of('Heartbeat', '3'), tally.responses.of('Heartbeat')]).toEqual([1, 1])
})

test('an answer is counted when its client is gone', async () => {
  const { client, broker } = await connect()
  client.write(REQUEST)
  await once(broker, 'data')
  const ended = once(broker, 'end')
  client.destroy()
  await ended
  broker.end(ANSWER)
  await until(() => proxy.openCount === 0, 'the connection is closed')
  expect(proxy.tally.bytesOut).toBe(ANSWER.length)
  expect(proxy.tally.connectionsEnded.of('client')).toBe(1)
})

test('a broker that ends a connection ends it for the client', async () => {
  const { client, broker } = await connect()
  const closed = once(client, 'close')
  broker.destroy()
  await closed
  await until(() => proxy.openCount === 0, 'the connection is closed')
  expect(proxy.tally.connectionsEnded.of('policy')).toBe(1)
})

test('a reset is passed on when everything was answered, else as an end', async () => {
  const settled = await connect()
  settled.client.write(REQUEST)
  await once(settled.broker, 'data')
  settled.broker.write(ANSWER)
  await once(settled.client, 'data')
  const reset = once(settled.broker, 'error')
  settled.client.resetAndDestroy()
  expect(await reset).toMatchObject([{ code: 'ECONNRESET' }])
  const owed = await connect()
  owed.client.write(REQUEST)
  await once(owed.broker, 'data')
  const ended = once(owed.broker, 'end')
  owed.client.resetAndDestroy()
  await ended
  owed.broker.end(ANSWER)
  await until(() => proxy.openCount === 0, 'both connections are closed')
  const { connectionsEnded } = proxy.tally
  expect([connectionsEnded.total, connectionsEnded.of('client'), connectionsEnded.of('reset')]).toEqual([2, 1, 1])
  expect(proxy.tally.bytesOut).toBe(2 * ANSWER.length)
})

test('a client that is gone before the broker is reached is counted like others', async () => {
  const client = net.connect(proxy.port, '127.0.0.1', () => client.destroy())
  await once(client, 'close')
  await until(() => accepted.length === 1, 'the broker is reached')
  accepted[0]?.end()
  await until(() => proxy.openCount === 0 && proxy.tally.connectionsEnded.total === 1, 'the connection is closed')
  expect(proxy.tally.connectionsEnded.of('client')).toBe(1)
})

test('before it knows a broker it closes what connects, and counts nothing', async () => {
  const early = await CountingProxy.start()
  try {
    const client = net.connect(early.port, '127.0.0.1')
    await once(client.resume(), 'close')
    expect(early.tally.connectionsOpened).toBe(0)
  } finally {
    await early.close()
  }
})
