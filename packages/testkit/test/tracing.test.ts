import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startBroker, type TestBroker } from '../src/index.ts'
import { type OtlpTraces, readTraces } from './otlp-traces.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN_ID = 'b7ad6b7169203331'

const exports: OtlpTraces[] = []
const receiver = http.createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    expect(request.url).toBe('/v1/traces')
    expect(request.headers['content-type']).toBe('application/x-protobuf')
    exports.push(readTraces(Buffer.concat(chunks)))
    response.end()
  })
})
let broker: TestBroker

beforeAll(async () => {
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
})

afterAll(() => void receiver.close())

beforeEach(async () => {
  exports.length = 0
  const { port } = receiver.address() as AddressInfo
  // Every request is a slow one.
  const config = { 'tracing.otlp.endpoint': `http://127.0.0.1:${port}`, 'slow.request.ms': '0', 'log.level': 'fatal' }
  broker = await startBroker({ config })
})

afterEach(() => broker.stop())

async function openMetrics(): Promise<string> {
  const headers = { accept: 'application/openmetrics-text; version=1.0.0' }
  return (await fetch(`${broker.adminUrl}/metrics`, { headers })).text()
}

test('a slow produce arrives at a collector, with its phases as children and a link to its producer', async () => {
  const kafka = new Kafka({ brokers: [broker.bootstrap], clientId: 'traced', logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const headers = { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` }
  await producer.send({ topic: 'traced', messages: [{ value: 'x', headers }] })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'readers' })
  await consumer.connect()
  await consumer.subscribe({ topics: ['traced'], fromBeginning: true })
  await new Promise(resolve => void consumer.run({ eachMessage: async () => resolve(null) }))
  await consumer.disconnect()
  const scrape = await openMetrics()
  await broker.stop()

  const spans = exports.flatMap(each => each.spans)
  const [root] = spans.filter(({ name }) => name === 'publish traced')
  expect(root).toMatchObject({ kind: 2, parentSpanId: '', links: [{ traceId: TRACE_ID, spanId: SPAN_ID }] })
  const [host, port] = broker.bootstrap.split(':')
  expect(root?.attributes).toMatchObject({
    'messaging.system': 'kafka',
    'messaging.operation.name': 'publish',
    'messaging.destination.name': 'traced',
    'messaging.destination.partition.id': '0',
    'messaging.kafka.offset': 0,
    'messaging.batch.message_count': 1,
    'messaging.client.id': 'traced',
    'server.address': host,
    'server.port': Number(port),
    'network.peer.address': '127.0.0.1',
    'network.peer.port': expect.any(Number)
  })
  const fetched = spans.find(
    ({ name, attributes }) => name === 'fetch traced' && attributes['messaging.batch.message_count'] === 1
  )
  expect(fetched?.attributes).toMatchObject({
    'messaging.destination.partition.id': '0',
    'messaging.kafka.offset': 0
  })
  const exemplar = /^streambus_produce_latency_seconds_bucket.*# \{(.*)\}/m.exec(scrape)?.[1] ?? ''
  expect(exemplar).toContain(`trace_id="${root?.traceId}"`)
  const children = spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId)
  expect(children.map(({ name }) => name)).toEqual(expect.arrayContaining(['local', 'commit', 'send']))
  for (const { traceId, startNs, endNs } of children) {
    expect(traceId).toBe(root?.traceId)
    expect(startNs).toBeGreaterThanOrEqual(root?.startNs ?? 0n)
    expect(endNs).toBeLessThanOrEqual(root?.endNs ?? 0n)
  }
  expect(Math.abs(Number((root?.startNs ?? 0n) / 1_000_000n) - Date.now())).toBeLessThan(60_000)
  expect(exports[0]?.resource).toMatchObject({ 'service.name': 'streambus', 'service.instance.id': '0' })
  const { otelSpans, otelExport } = broker.broker.metrics.cells
  expect(otelSpans.child('exported').value).toBe(spans.length)
  expect(otelExport.child('traces').count).toBe(exports.length)
})

test('when everything is slow, every exemplar leads to a trace that arrived, and what is left out is counted', async () => {
  const kafka = new Kafka({ brokers: [broker.bootstrap], clientId: 'busy', logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ maxInFlightRequests: 100 })
  await producer.connect()
  await producer.send({ topic: 'busy', messages: [{ value: 'x' }] })
  const sends = Array.from({ length: 1_000 }, () => producer.send({ topic: 'busy', messages: [{ value: 'x' }] }))
  await Promise.all(sends)
  await producer.disconnect()
  const scrape = await openMetrics()
  await broker.stop()
  const exemplars = new Set([...scrape.matchAll(/# \{.*trace_id="(\w+)"/g)].map(([, id]) => id))
  expect(exemplars.size).toBeGreaterThan(0)
  const arrived = new Set(exports.flatMap(({ spans }) => spans.map(({ traceId }) => traceId)))
  expect([...exemplars].filter(id => !arrived.has(id ?? ''))).toEqual([])
  const { otelSpans } = broker.broker.metrics.cells
  expect(otelSpans.child('left_out').value).toBeGreaterThan(0)
  expect([otelSpans.child('dropped').value, otelSpans.child('failed').value]).toEqual([0, 0])
})

test('a batch that is refused without an answer (acks=0) is a trace with its error', async () => {
  const kafka = new Kafka({ brokers: [broker.bootstrap], clientId: 'silent', logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'silent', messages: [{ value: 'x' }] })
  const { requestDuration } = broker.broker.metrics.cells
  await producer.send({ topic: 'silent', acks: 0, messages: [{ value: 'y'.repeat(2 << 20) }] }).catch(() => {})
  await expect.poll(() => requestDuration.child('Produce').count, { timeout: 10_000 }).toBe(2)
  await producer.disconnect()
  await broker.stop()
  const roots = exports.flatMap(({ spans }) => spans.filter(({ name }) => name === 'publish silent'))
  expect(roots.map(({ attributes }) => attributes['error.type'])).toEqual([undefined, 'MESSAGE_TOO_LARGE'])
})
