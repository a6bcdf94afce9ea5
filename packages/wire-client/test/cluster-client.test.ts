import type { Input, MetadataResponse } from '@streambus/protocol'
import { afterEach, expect, it } from 'vitest'
import type { Address } from '../src/address.ts'
import { ClusterClient } from '../src/cluster-client.ts'
import { Connection } from '../src/connection.ts'
import { BrokerError, WireError } from '../src/errors.ts'
import { afterVersions, type FakeBroker, freeAddress, metadataFrame, startFrames } from './fake-broker.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** A clock without waiting: timers run at once, in order, and time moves by their delay. */
function hurriedClock() {
  let nowMs = 0
  return {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    after(delayMs: number, run: () => void) {
      const immediate = setImmediate(() => {
        nowMs += delayMs
        run()
      })
      return { cancel: () => clearImmediate(immediate) }
    }
  }
}

type Answer = (call: number) => Input<MetadataResponse>

async function start(answer: Answer): Promise<FakeBroker> {
  let calls = 0
  const script = afterVersions(({ socket, header }) =>
    socket.write(metadataFrame(header.correlationId, answer(calls++)))
  )
  const broker = await startFrames(script)
  stops.push(() => broker.stop())
  return broker
}

function client(...bootstrap: Address[]): ClusterClient {
  const cluster = new ClusterClient({
    bootstrap,
    clock: hurriedClock(),
    open: address => Connection.open({ address, clientId: 'test' })
  })
  stops.push(() => cluster.destroy())
  return cluster
}

function oneTopic(leader: Address, errorCode = 0): Input<MetadataResponse> {
  const partition = { errorCode: 0, partitionIndex: 0, leaderId: 5, replicaNodes: [5], isrNodes: [5] }
  return {
    brokers: [{ nodeId: 5, ...leader }],
    controllerId: 5,
    topics: [{ errorCode, name: 'orders', partitions: errorCode === 0 ? [partition] : [] }]
  }
}

it('finds the leader and shares one connection for one address and lane', async () => {
  let self: Address = { host: '', port: 0 }
  const broker = await start(() => oneTopic(self))
  self = broker.address
  const cluster = client(broker.address)
  const [a, b] = await Promise.all([cluster.leader('orders', 0), cluster.leader('orders', 0)])
  expect(a.connection).toBe(b.connection)
  expect(a.nodeId).toBe(5)
  expect(broker.connectionCount()).toBe(1)
  const other = await cluster.leader('orders', 0, 'fetch')
  expect(other.connection).not.toBe(a.connection)
})

it('blames advertised.listeners when only the advertised address is out of reach', async () => {
  const elsewhere = await freeAddress()
  const broker = await start(() => oneTopic(elsewhere))
  const error = await client(broker.address)
    .leader('orders', 0)
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(WireError)
  expect((error as WireError).failure).toBe('advertised-unreachable')
  expect((error as WireError).message).toContain(
    `127.0.0.1:${broker.address.port} advertises 127.0.0.1:${elsewhere.port}`
  )
  expect((error as WireError).message).toContain('advertised.listeners')
})

it('goes to the next bootstrap address when the first is out of reach', async () => {
  const broker = await start(() => oneTopic(broker.address))
  const cluster = client(await freeAddress(), broker.address)
  expect((await cluster.metadata(null)).controllerId).toBe(5)
})

it('tries retriable errors again with fresh metadata, until the answer is good', async () => {
  const broker = await start(call => oneTopic(broker.address, call < 3 ? 5 : 0))
  const cluster = client(broker.address)
  const attempts: number[] = []
  const topic = await cluster.retry(attempt => {
    attempts.push(attempt)
    return cluster.topic('orders')
  })
  expect(topic.partitions).toHaveLength(1)
  expect(attempts).toEqual([0, 1, 2, 3])
})

it('gives up when the time is up, with the last error', async () => {
  const broker = await start(() => oneTopic(broker.address, 5))
  const cluster = client(broker.address)
  const error = await cluster.retry(() => cluster.topic('orders')).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(BrokerError)
  expect((error as BrokerError).errorName).toBe('LEADER_NOT_AVAILABLE')
})

it('does not try again where nobody ever answered, nor what is final', async () => {
  const nobody = client(await freeAddress())
  let attempts = 0
  await expect(
    nobody.retry(() => {
      attempts++
      return nobody.any()
    })
  ).rejects.toThrow('no broker listens')
  const broker = await start(() => oneTopic(broker.address, 17))
  const cluster = client(broker.address)
  await expect(
    cluster.retry(() => {
      attempts++
      return cluster.topic('orders')
    })
  ).rejects.toThrow('INVALID_TOPIC_EXCEPTION')
  expect(attempts).toBe(2)
})

it('opens a new connection after the old one is gone', async () => {
  let isFirst = true
  const script = afterVersions(({ socket, header }) => {
    if (isFirst) socket.destroy()
    else socket.write(metadataFrame(header.correlationId, { brokers: [], topics: [], clusterId: 'back' }))
    isFirst = false
  })
  const broker = await startFrames(script)
  stops.push(() => broker.stop())
  const cluster = client(broker.address)
  const response = await cluster.retry(() => cluster.metadata(null))
  expect(response.clusterId).toBe('back')
  expect(broker.connectionCount()).toBe(2)
})
