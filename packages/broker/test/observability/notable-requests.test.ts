import { apiByKey, Errors } from '@streambus/protocol'
import { ManualClock, SeededPrng } from '@streambus/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LogFields, SILENT_LOG } from '../../src/observability/log.ts'
import { NotableRequests } from '../../src/observability/notable-requests.ts'
import { RepeatedLines } from '../../src/observability/repeated-lines.ts'
import { phasesOf } from '../../src/observability/request-phases.ts'
import type { SpanSpec } from '../../src/observability/request-spans.ts'
import type { SpanIds, SpanSink } from '../../src/observability/span-exporter.ts'
import type { RequestTrack } from '../../src/pipeline/request-probe.ts'

const PRODUCE = 0
const FETCH = 1
const REQUEST = { topicData: [{ name: 't', partitionData: [{ index: 3, records: null }] }] }

function track(of: Partial<RequestTrack>): RequestTrack {
  const who = { connectionId: 7, correlationId: 42, clientId: 'c', clientHost: 'h', apiKey: PRODUCE, apiVersion: 9 }
  const sizes = { requestBytes: 10, responseBytes: 20, note: null }
  return { ...who, ...sizes, arrivedMs: 0, receivedMs: 0, handledMs: 0, parkedMs: 0, readyMs: 0, ...of }
}

function open({
  ratio = 0,
  isTracing = true,
  roomFor = Infinity
}: {
  ratio?: number
  isTracing?: boolean
  roomFor?: number
} = {}) {
  const lines: LogFields[] = []
  const traces: { specs: readonly SpanSpec[]; ids: SpanIds }[] = []
  const apis = [PRODUCE, FETCH].map(key => apiByKey(key)).filter(api => api !== undefined)
  const log = {
    ...SILENT_LOG,
    isEnabled: () => true,
    write: (_level: string, _text: string, fields?: LogFields) => void lines.push(fields ?? {})
  }
  const exemplars: string[] = []
  let leftOut = 0
  const spans: SpanSink = {
    emit(specs, ids) {
      if (traces.length >= roomFor) return false
      traces.push({ specs, ids })
      return true
    },
    leaveOut: count => void (leftOut += count),
    close: async () => {}
  }
  const probe = new NotableRequests({
    apis,
    limits: () => ({ 'slow.request.ms': 100, 'tracing.sample.ratio': ratio }),
    log,
    repeated: new RepeatedLines(new ManualClock()),
    spans: isTracing ? spans : null,
    prng: new SeededPrng(1),
    traced: (_track, { traceId }) => exemplars.push(traceId)
  })
  const run = (request: RequestTrack, answer: object = {}): void => {
    probe.started(request, REQUEST)
    probe.finished(request, answer)
    if (request.responseBytes > 0) probe.sent(request, request.readyMs + 1, request.readyMs + 3)
  }
  return { probe, run, lines, traces, exemplars, leftOut: () => leftOut }
}

describe('a slow request', () => {
  const slow = { arrivedMs: 5, receivedMs: 10, handledMs: 20, readyMs: 200 }

  test('is logged with its phases, and at level warn', () => {
    const { run, lines, traces } = open({ isTracing: false })
    run(track(slow))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ event: 'slow_request', request_id: '7-42', api: 'Produce', duration_ms: 190 })
    expect(lines[0]).toMatchObject({ queue_ms: 5, local_ms: 10, commit_ms: 180, response_queue_ms: 1, send_ms: 2 })
    expect(lines[0]).not.toHaveProperty('trace_id')
    expect(traces).toEqual([])
  })

  test('is a trace: itself, and its phases as children, with the id that is in the log', () => {
    const { run, lines, traces } = open()
    run(track(slow))
    const [trace] = traces
    expect(trace?.specs.map(({ name, startMs, endMs }) => [name, startMs, endMs])).toEqual([
      ['publish t', 5, 203],
      ['queue', 5, 10],
      ['local', 10, 20],
      ['commit', 20, 200],
      ['response_queue', 200, 201],
      ['send', 201, 203]
    ])
    expect(trace?.specs[0]?.attributes).toMatchObject({
      'messaging.system': 'kafka',
      'messaging.destination.name': 't',
      'messaging.destination.partition.id': '3',
      'streambus.request_id': '7-42'
    })
    expect(trace?.ids.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(trace?.ids.spanIds).toHaveLength(6)
    expect(lines[0]?.['trace_id']).toBe(trace?.ids.traceId)
  })

  test('is none when it waited on purpose', () => {
    const { run, lines, traces } = open()
    run(track({ apiKey: FETCH, handledMs: 1, parkedMs: 500, readyMs: 505 }))
    expect([lines, traces]).toEqual([[], []])
  })
})

test('a request that the broker failed is a trace with its error; one that the client got wrong is not', () => {
  const { probe, run, traces } = open()
  const answer = (errorCode: number) => ({ responses: [{ partitionResponses: [{ errorCode }] }] })
  run(track({}), answer(Errors.MESSAGE_TOO_LARGE.code))
  expect(traces).toEqual([])
  run(track({}), answer(Errors.KAFKA_STORAGE_ERROR.code))
  expect(traces[0]?.specs[0]).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
  run(track({ responseBytes: 0 }), answer(Errors.KAFKA_STORAGE_ERROR.code))
  expect(traces[1]?.specs[0]).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
  const failed = track({})
  probe.started(failed, REQUEST)
  probe.failed(failed)
  expect(traces[2]?.specs[0]).toMatchObject({ error: 'UNKNOWN_SERVER_ERROR' })
})

test('a share of all requests is traced, those without an answer, too', () => {
  const { run, traces } = open({ ratio: 0.5 })
  for (let i = 0; i < 10; i++) run(track({ responseBytes: i % 3 === 0 ? 0 : 20 }))
  expect(traces).toHaveLength(5)
})

test('phases follow each other and add up to the whole', () => {
  const ms = fc.integer({ min: 0, max: 100 })
  fc.assert(
    fc.property(ms, ms, ms, ms, ms, ms, (...[queue, local, parked, rest, behind, send]) => {
      const handledMs = queue + local
      const readyMs = handledMs + parked + rest
      const request = track({ receivedMs: queue, handledMs, parkedMs: parked, readyMs })
      const sent = { flushedMs: readyMs + behind, sentMs: readyMs + behind + send }
      let atMs = 0
      for (const { startMs, endMs } of phasesOf(request, 'commit', sent)) {
        expect(startMs).toBe(atMs)
        atMs = endMs
      }
      expect(atMs).toBe(sent.sentMs)
    })
  )
})

describe('more than can be traced', () => {
  const slowAt = (ms: number): RequestTrack =>
    track({ arrivedMs: ms, receivedMs: ms, handledMs: ms, readyMs: ms + 500 })

  test('of slow ones the first hundred of each second become traces, the others are counted', () => {
    const { run, traces, leftOut, exemplars } = open()
    for (let i = 0; i < 5_000; i++) run(slowAt(i / 2))
    expect(traces).toHaveLength(300)
    const spansOfEach = traces[0]?.specs.length ?? 0
    expect(leftOut()).toBe(4_700 * spansOfEach)
    expect(exemplars).toEqual(traces.map(({ ids }) => ids.traceId))
  })

  test('failed ones have a hundred of their own, and those that were chosen are not counted among them', () => {
    const { run, traces } = open()
    for (let i = 0; i < 200; i++) run(slowAt(0))
    for (let i = 0; i < 200; i++) run(slowAt(0), { responses: [{ partitionResponses: [{ errorCode: 56 }] }] })
    expect(traces).toHaveLength(200)
    const chosen = open({ ratio: 1 })
    for (let i = 0; i < 200; i++) chosen.run(slowAt(0))
    expect(chosen.traces).toHaveLength(200)
  })

  test('what a full queue does not take is in no exemplar and no line', () => {
    const { run, traces, exemplars, lines } = open({ ratio: 1, roomFor: 3 })
    for (let i = 0; i < 10; i++) run(slowAt(i * 100_000))
    expect(exemplars).toEqual(traces.map(({ ids }) => ids.traceId))
    expect(exemplars).toHaveLength(3)
    const inLines = lines.map(line => line['trace_id']).filter(id => id !== undefined)
    for (const id of inLines) expect(exemplars).toContain(id)
  })
})
