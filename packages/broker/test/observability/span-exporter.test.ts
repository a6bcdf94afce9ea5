import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { nodeClock } from '@streambus/base/node'
import { createBrokerMetrics } from '@streambus/metrics'
import { afterEach, describe, expect, test } from 'vitest'
import { openTracing } from '../../src/observability/open-tracing.ts'
import { RepeatedLines } from '../../src/observability/repeated-lines.ts'
import type { SpanSpec } from '../../src/observability/request-spans.ts'
import type { SpanSink } from '../../src/observability/span-exporter.ts'
import { capturedLog } from './captured-log.ts'

const SPAN: SpanSpec = { name: 'publish t', startMs: 1, endMs: 2, attributes: {}, links: [], error: null }
const IDS = { traceId: '0af7651916cd43dd8448eb211c80319c', spanIds: ['b7ad6b7169203331', 'b7ad6b7169203332'] }

const servers: { close(): unknown; closeAllConnections?: () => void }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections?.()
  }
})

async function listening<Server extends net.Server | http.Server>(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function open(endpoint: string) {
  const metrics = createBrokerMetrics()
  const { log, lines } = capturedLog()
  const who = { version: '0', environment: 'test', brokerId: 1, clusterId: 'c', clock: nodeClock }
  const sink = await openTracing({ ...who, endpoint, metrics, log, repeated: new RepeatedLines(nodeClock) })
  const counted = (): number[] =>
    ['exported', 'failed', 'dropped', 'left_out'].map(result => metrics.cells.otelSpans.child(result).value)
  return { sink: sink as SpanSink, metrics, lines, counted }
}

describe('every result', () => {
  test('is there at zero from the start, also when nothing is traced', async () => {
    const { sink, metrics } = await open('')
    expect(sink).toBeNull()
    expect(metrics.cells.otelSpans.size).toBe(4)
  })
})

describe('a stop', () => {
  test('waits for a collector that takes its time', async () => {
    const url = await listening(
      http.createServer((request, response) => {
        request.resume().on('end', () => setTimeout(() => response.end(), 50))
      })
    )
    const { sink, metrics, counted } = await open(url)
    expect(sink.emit([SPAN, SPAN], IDS)).toBe(true)
    expect(metrics.cells.otelQueueSize.child('traces').value).toBe(2)
    await sink.close(60_000)
    expect(counted()).toEqual([2, 0, 0, 0])
    const { otelQueueSize, otelExport, otelExportErrors } = metrics.cells
    expect([otelQueueSize.child('traces').value, otelExportErrors.child('traces').value]).toEqual([0, 0])
    expect(otelExport.child('traces').count).toBe(1)
    expect(otelExport.child('traces').sum).toBeGreaterThan(0.04)
  })

  test.each([
    ['hangs', () => net.createServer(() => {})],
    ['is not there', null]
  ])('ends in time when the collector %s; what was not sent has failed, with a line that says so', async (_, make) => {
    const probe = net.createServer()
    const free = await listening(probe)
    if (make === null) await new Promise(resolve => probe.close(resolve))
    const { sink, counted, lines } = await open(make === null ? free : await listening(make()))
    sink.emit([SPAN, SPAN], IDS)
    const startMs = performance.now()
    await sink.close(100)
    // The exporter itself would try for ten seconds.
    expect(performance.now() - startMs).toBeLessThan(5_000)
    expect(counted()).toEqual([0, 2, 0, 0])
    expect(sink.emit([SPAN], IDS)).toBe(false)
    expect(counted()).toEqual([0, 2, 1, 0])
    const told = lines.filter(({ fields }) => fields['event'] === 'spans_not_exported')
    expect(told).toHaveLength(1)
    expect(told[0]?.fields).toMatchObject({ count: 2, collector: expect.stringMatching(/^http:\/\/127/) })
  })

  test('after the collector refused says so once', async () => {
    const url = await listening(
      http.createServer((_, response) => response.writeHead(403, 'Forbidden').end('the token pa55word is unknown'))
    )
    const { sink, metrics, counted, lines } = await open(`${url}/guarded/by/a/path`)
    sink.emit([SPAN], IDS)
    await sink.close(60_000)
    expect(metrics.cells.otelExportErrors.child('traces').value).toBe(1)
    expect(counted()).toEqual([0, 1, 0, 0])
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    expect(lines.at(-1)?.fields).toMatchObject({ event: 'spans_not_exported', reason: 'Forbidden', status: 403 })
    expect(JSON.stringify(lines)).not.toMatch(/guarded|pa55word/)
  })
})

test('a queue that is full takes no part of a trace', async () => {
  const { sink, counted } = await open(await listening(net.createServer(() => {})))
  const trace = Array.from({ length: 1_000 }, () => SPAN)
  const taken = Array.from({ length: 10 }, () => sink.emit(trace, IDS))
  expect(taken).toEqual([true, true, true, true, true, true, true, true, false, false])
  sink.leaveOut(5)
  await sink.close(0)
  expect(counted()).toEqual([0, 8_000, 2_000, 5])
})
