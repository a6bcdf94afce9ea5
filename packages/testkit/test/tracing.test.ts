import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
  const { port } = receiver.address() as AddressInfo
  // Every request is a slow one.
  const config = { 'tracing.otlp.endpoint': `http://127.0.0.1:${port}`, 'slow.request.ms': '0', 'log.level': 'fatal' }
  broker = await startBroker({ config })
})

afterAll(async () => {
  await broker.stop()
  receiver.close()
})

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
  const openMetrics = { accept: 'application/openmetrics-text; version=1.0.0' }
  const scrape = await (await fetch(`${broker.adminUrl}/metrics`, { headers: openMetrics })).text()
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
  const counted = broker.broker.metrics.cells.otelSpans.child('exported').value
  expect(counted).toBe(spans.length)
})
