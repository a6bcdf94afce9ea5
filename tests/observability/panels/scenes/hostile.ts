import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchApi, produceApi } from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { Crowd } from '../../../chaos/hostile.ts'
import type { Scene } from '../scene.ts'
import { CONNECTIONS_PER_IP_MAX, type Stage } from '../stage.ts'
import { withConnection } from './raw-client.ts'

/** What the admin port holds. */
const ADMIN_CONNECTIONS = 256
const TOPIC = 'archive'
/** Seconds, so that rates see it. */
const ROUNDS = 5
const BEHIND_MS = 5_000

function batch(options: Parameters<RecordBatchBuilder['build']>[0]): Buffer {
  const builder = new RecordBatchBuilder()
  builder.append({ key: Buffer.from('key'), value: Buffer.from('value'), headers: [], timestamp: Date.now() })
  return builder.build(options)
}

/** Damaged, repeated, out of order and outdated batches, for known and unknown topics. */
async function sendRefusedBatches(stage: Stage): Promise<void> {
  await withConnection(stage, async connection => {
    const send = async (records: Buffer, name = TOPIC): Promise<void> => {
      const topicData = [{ name, partitionData: [{ index: 0, records }] }]
      await connection.send(produceApi, { transactionalId: null, acks: -1, timeoutMs: 5_000, topicData })
    }
    for (let round = 0; round < ROUNDS; round++) {
      const damaged = batch({})
      damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1)
      await send(damaged)
      await send(batch({}), 'no-such-topic')
      const producer = { producerId: 1_000_000 + round, producerEpoch: 1, baseSequence: 0 }
      await send(batch(producer))
      await send(batch(producer))
      await send(batch({ ...producer, baseSequence: 7 }))
      await send(batch({ ...producer, producerEpoch: 0, baseSequence: 1 }))
      await readBehindTheEnd(connection)
      await sleep(700)
    }
  })
}

async function readBehindTheEnd(connection: Parameters<Parameters<typeof withConnection>[1]>[0]): Promise<void> {
  const partitions = [{ partition: 0, fetchOffset: 1_000_000_000, partitionMaxBytes: 1024 }]
  const body = { replicaId: -1, maxWaitMs: 0, minBytes: 1, topics: [{ topic: TOPIC, partitions }] }
  await connection.send(fetchApi, { ...body, forgottenTopicsData: [] }, { version: 11 })
}

/** Requests of an age, of a kind or of a length that nobody understands, other protocols, and half a request. */
async function sendNonsense({ broker }: Stage): Promise<void> {
  const frames = ['00000008ffffff0000000001', '0000000a0000000000000001ffff', '000000060003000c0000', '7fffffff']
  const hello = Buffer.from('16030100a5010000a10303', 'hex')
  const all = [...frames.map(hex => Buffer.from(hex, 'hex')), hello, Buffer.from('GET / HTTP/1.1\r\n\r\n')]
  const kafka = Buffer.from('00000014001200030000000100047465737400', 'hex')
  const admin = broker.adminUrl.slice('http://'.length)
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all([...all.map(bytes => sendBytes(broker.bootstrap, bytes)), sendBytes(admin, kafka)])
    await sleep(300)
  }
}

/** Until the broker closes the connection, or a while. */
function sendBytes(address: string, bytes: Buffer): Promise<void> {
  const [host = '', port = ''] = address.split(':')
  return new Promise(resolve => {
    const socket = net.connect({ host, port: Number(port) }, () => socket.write(bytes))
    socket.setTimeout(1_200, () => socket.resetAndDestroy())
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}

/** More connections than one address may have, and more than the admin port holds. */
async function crowd({ broker }: Stage): Promise<void> {
  const [host = '', port = ''] = broker.bootstrap.split(':')
  const adminPort = Number(new URL(broker.adminUrl).port)
  for (let round = 0; round < 3; round++) {
    const all = new Crowd()
    await all.arrive({ host, port: Number(port) }, CONNECTIONS_PER_IP_MAX + 10, 700)
    await all.arrive({ host, port: adminPort }, ADMIN_CONNECTIONS + 10, 700)
    all.leave()
    await sleep(500)
  }
}

/** Fetches much again and again, and reads none of it. */
async function neverRead({ broker }: Stage): Promise<void> {
  const [host = '', port = ''] = broker.bootstrap.split(':')
  const socket = net.connect({ host, port: Number(port) })
  socket.on('error', () => undefined)
  socket.pause()
  for (let count = 0; count < 200; count++) socket.write(fetchFrame(count))
  await sleep(4_000)
  socket.destroy()
}

/** Writes that need no sync, behind one that waits for one, on one connection. Shows on a slow disk. */
async function writeBehind(stage: Stage): Promise<void> {
  await withConnection(stage, async connection => {
    const send = (acks: number): Promise<unknown> => {
      const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records: batch({}) }] }]
      return connection.send(produceApi, { transactionalId: null, acks, timeoutMs: 5_000, topicData })
    }
    const untilMs = performance.now() + BEHIND_MS
    while (performance.now() < untilMs) await Promise.all([-1, 1, 1, 1].map(send))
  })
}

/** Fetch version 4 of all that the topic has, by hand: a client would wait for its answers. */
function fetchFrame(correlationId: number): Buffer {
  const topic = Buffer.from(TOPIC)
  const frame = Buffer.alloc(4 + 10 + 4 + 4 + 4 + 4 + 1 + 4 + 2 + topic.length + 4 + 4 + 8 + 4)
  let at = frame.writeInt32BE(frame.length - 4, 0)
  for (const value of [1, 4]) at = frame.writeInt16BE(value, at)
  at = frame.writeInt32BE(correlationId, at)
  at = frame.writeInt16BE(-1, at)
  for (const value of [-1, 0, 1, 8 << 20]) at = frame.writeInt32BE(value, at)
  at = frame.writeInt8(0, at)
  at = frame.writeInt32BE(1, at)
  at = frame.writeInt16BE(topic.length, at)
  at += topic.copy(frame, at)
  for (const value of [1, 0]) at = frame.writeInt32BE(value, at)
  at = frame.writeBigInt64BE(0n, at)
  frame.writeInt32BE(8 << 20, at)
  return frame
}

export const writeBehindScene: Scene = { name: 'answers behind one that waits', run: writeBehind }

export const crowdScene: Scene = { name: 'more connections than are allowed', run: crowd }

/** Needs a topic with much in it. */
export const neverReadScene: Scene = { name: 'a client that does not read', run: neverRead }

export const hostileScenes: readonly Scene[] = [
  { name: 'batches that are refused', run: sendRefusedBatches },
  { name: 'bytes that are no requests', run: sendNonsense }
]
