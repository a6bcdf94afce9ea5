import { createBrokerMetrics } from '@streambus/metrics'
import { apiByKey, Errors } from '@streambus/protocol'
import { ManualClock, SeededPrng } from '@streambus/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bindRequests } from '../../src/observability/bind-requests.ts'
import { bindWaits } from '../../src/observability/bind-waits.ts'
import { type LogFields, SILENT_LOG } from '../../src/observability/log.ts'
import { bothProbes, NotableRequests } from '../../src/observability/notable-requests.ts'
import { RepeatedLines } from '../../src/observability/repeated-lines.ts'
import { RequestLines } from '../../src/observability/request-lines.ts'
import { phasesOf } from '../../src/observability/request-phases.ts'
import type { SpanSpec } from '../../src/observability/request-spans.ts'
import type { SpanIds, SpanSink } from '../../src/observability/span-exporter.ts'
import type { RequestTrack } from '../../src/pipeline/request-probe.ts'

const PRODUCE = 0
const FETCH = 1
const REQUEST = { topicData: [{ name: 't', partitionData: [{ index: 3, records: null }] }] }

function track(of: Partial<RequestTrack>): RequestTrack {
  const who = { connectionId: 7, correlationId: 42, clientId: 'c', clientHost: 'h', apiKey: PRODUCE, apiVersion: 9 }
  const where = { clientPort: 50_000, advertised: { host: 'b', port: 9092 } }
  const sizes = { requestBytes: 10, responseBytes: 20, note: null }
  return {
    ...who,
    ...where,
    ...sizes,
    waitResult: null,
    arrivedMs: 0,
    receivedMs: 0,
    handledMs: 0,
    parkedMs: 0,
    readyMs: 0,
    ...of
  }
}

function open({
  ratio = 0,
  isTracing = true,
  roomFor = Infinity,
  isDebug = false
}: {
  ratio?: number
  isTracing?: boolean
  roomFor?: number
  isDebug?: boolean
} = {}) {
  const lines: LogFields[] = []
  const traces: { specs: readonly SpanSpec[]; ids: SpanIds }[] = []
  const apis = [PRODUCE, FETCH].map(key => apiByKey(key)).filter(api => api !== undefined)
  const log = {
    ...SILENT_LOG,
    isEnabled: (level: string) => isDebug || level !== 'debug',
    write: (_level: string, _text: string, fields?: LogFields) => void lines.push(fields ?? {}),
    debug: (_text: string, fields?: LogFields) => void lines.push(fields ?? {})
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
  const limits = () => ({
    'slow.request.ms': 100,
    'tracing.sample.ratio': ratio,
    'slo.produce.latency.ms': 100,
    'slo.fetch.latency.ms': 100
  })
  const notable = new NotableRequests({
    apis,
    limits,
    lines: new RequestLines(log, new RepeatedLines(new ManualClock())),
    topicNames: id => (id === 'id-of-t' ? 't' : undefined),
    spans: isTracing ? spans : null,
    prng: new SeededPrng(1),
    traced: (_track, { traceId }) => exemplars.push(traceId)
  })
  const metrics = createBrokerMetrics()
  const waits = bindWaits(metrics)
  const onError = notable.erred.bind(notable)
  const probe = bothProbes(bindRequests(metrics, { apis, limits, waits, onError }), notable)
  const run = (request: RequestTrack, answer: object = {}, body: object = REQUEST): void => {
    probe.started(request, body)
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
    expect(lines[0]).toMatchObject({
      event: 'slow_request',
      request_id: '7-42',
      api: 'Produce',
      topic: 't',
      duration_ms: 190
    })
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

describe('a request that the broker failed', () => {
  const answer = (errorCode: number) => ({ responses: [{ partitionResponses: [{ errorCode }] }] })

  test('is a line with what it was about, with and without traces; errors of clients are none', () => {
    for (const isTracing of [true, false]) {
      const { run, lines } = open({ isTracing })
      run(track({}), answer(Errors.MESSAGE_TOO_LARGE.code))
      expect(lines).toEqual([])
      run(track({}), answer(Errors.KAFKA_STORAGE_ERROR.code))
      expect(lines).toHaveLength(1)
      const who = {
        event: 'request_failed',
        request_id: '7-42',
        api: 'Produce',
        client_id: 'c',
        topic: 't',
        partition: 3
      }
      expect(lines[0]).toMatchObject({ ...who, error: 'KAFKA_STORAGE_ERROR' })
      expect(typeof lines[0]?.['trace_id']).toBe(isTracing ? 'string' : 'undefined')
    }
  })

  test('is one of ten lines a second', () => {
    const { run, lines } = open()
    for (let i = 0; i < 50; i++) run(track({}), answer(Errors.KAFKA_STORAGE_ERROR.code))
    expect(lines).toHaveLength(10)
  })
})

describe('what a trace says of', () => {
  const attributesOf = (of: Partial<RequestTrack>, answer: object, body: object) => {
    const { run, traces } = open({ ratio: 1 })
    run(track(of), answer, body)
    return traces[0]?.specs[0]
  }

  test('every request: both ends of its connection', () => {
    expect(attributesOf({}, {}, {})?.attributes).toMatchObject({
      'server.address': 'b',
      'server.port': 9092,
      'network.peer.address': 'h',
      'network.peer.port': 50_000
    })
  })

  test('one that its client got wrong: the error, which is not a failure of the broker', () => {
    const answer = { responses: [{ partitionResponses: [{ errorCode: Errors.MESSAGE_TOO_LARGE.code }] }] }
    for (const responseBytes of [20, 0]) {
      const span = attributesOf({ responseBytes }, answer, REQUEST)
      expect(span).toMatchObject({ error: null, attributes: { 'error.type': 'MESSAGE_TOO_LARGE' } })
    }
  })

  test('a produce request to one partition: where its batch went', () => {
    const body = { topicData: [{ name: 't', partitionData: [{ index: 3, records: null }] }] }
    const answered = (baseOffset: number, errorCode = 0) => ({
      responses: [{ partitionResponses: [{ errorCode, baseOffset }] }]
    })
    expect(attributesOf({}, answered(17), body)?.attributes).toMatchObject({ 'messaging.kafka.offset': 17 })
    const refused = attributesOf({}, answered(-1, Errors.MESSAGE_TOO_LARGE.code), body)
    expect(refused?.attributes).not.toHaveProperty(['messaging.kafka.offset'])
    const two = { topicData: [{ name: 't', partitionData: [{ index: 0 }, { index: 1 }] }] }
    expect(attributesOf({}, answered(17), two)?.attributes).not.toHaveProperty(['messaging.kafka.offset'])
  })

  test('a fetch of one partition: its topic, also by id, from where, and how much it got', () => {
    const batch = Buffer.alloc(61)
    batch.writeInt32BE(49, 8)
    batch.writeInt32BE(5, 57)
    const body = { topics: [{ topic: '', topicId: 'id-of-t', partitions: [{ partition: 2, fetchOffset: 40 }] }] }
    const span = attributesOf({ apiKey: FETCH }, { responses: [{ partitions: [{ records: batch }] }] }, body)
    expect(span?.name).toBe('fetch t')
    expect(span?.attributes).toMatchObject({
      'messaging.destination.partition.id': '2',
      'messaging.kafka.offset': 40,
      'messaging.batch.message_count': 5
    })
    const two = { topics: [{ topic: 't', partitions: [{ partition: 0 }, { partition: 1 }] }] }
    const other = attributesOf({ apiKey: FETCH }, { responses: [{ partitions: [{ records: batch }] }] }, two)
    expect(other?.attributes).not.toHaveProperty(['messaging.destination.partition.id'])
  })
})

test('at level debug every request is a line, with its topic and, if it is traced, the id of its trace', () => {
  const { run, lines, traces } = open({ isDebug: true, isTracing: false })
  run(track({ readyMs: 3 }))
  run(track({ responseBytes: 0 }))
  expect(lines.map(line => line['event'])).toEqual(['request', 'request'])
  expect(lines[0]).toMatchObject({ request_id: '7-42', topic: 't', duration_ms: 3 })
  expect(traces).toEqual([])
  const traced = open({ isDebug: true, ratio: 0.5 })
  traced.run(track({}))
  traced.run(track({}))
  expect(traced.lines.filter(line => 'trace_id' in line)).toHaveLength(1)
  expect(traced.traces).toHaveLength(1)
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
