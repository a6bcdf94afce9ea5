import { createBrokerMetrics } from '@streambus/metrics'
import { apiByKey, Errors } from '@streambus/protocol'
import { describe, expect, it } from 'vitest'
import { bindRequests, type MeasuredApi } from '../../src/observability/bind-requests.ts'
import { bindWaits } from '../../src/observability/bind-waits.ts'
import type { RequestTrack } from '../../src/pipeline/request-probe.ts'

const LIMITS = { 'slow.request.ms': 1_000, 'slo.produce.latency.ms': 100, 'slo.fetch.latency.ms': 50 }

function bound() {
  const metrics = createBrokerMetrics()
  const apis = [0, 1, 11, 18].map(key => apiByKey(key)) as readonly MeasuredApi[]
  return {
    cells: metrics.cells,
    probe: bindRequests(metrics, { apis, limits: () => LIMITS, waits: bindWaits(metrics) })
  }
}

function track(times: Partial<RequestTrack>): RequestTrack {
  const zero = { arrivedMs: 0, receivedMs: 0, handledMs: 0, parkedMs: 0, readyMs: 0, requestBytes: 0, responseBytes: 0 }
  const client = { connectionId: 1, clientId: 'c', clientHost: 'h', clientPort: 1, advertised: { host: 'b', port: 2 } }
  return { apiKey: 0, apiVersion: 9, correlationId: 1, ...client, note: null, waitResult: null, ...zero, ...times }
}

function partitions(...errorCodes: number[]): object {
  return { responses: [{ partitionResponses: errorCodes.map(errorCode => ({ errorCode })) }] }
}

describe('bindRequests', () => {
  it('tells the phases of a produce request apart, and they add up', () => {
    const { cells, probe } = bound()
    probe.started(track({}), {})
    const request = track({ arrivedMs: 10, receivedMs: 12, handledMs: 15, readyMs: 40, requestBytes: 300 })
    probe.finished(request, partitions(0))
    probe.sent(request, 41, 45)
    const phase = (name: string): number => cells.requestPhaseTime.child('Produce', name).value * 1000
    const phases = ['queue', 'local', 'commit', 'remote', 'response_queue', 'send']
    expect(phases.map(phase).map(Math.round)).toEqual([2, 3, 25, 0, 1, 4])
    expect(cells.requestDuration.child('Produce').sum).toBeCloseTo(0.028)
    expect(cells.requestPhase.child('Produce', 'commit').sum).toBeCloseTo(0.025)
    expect(cells.requestSize.child('Produce').sum).toBe(300)
    expect(cells.requestVersions.child('Produce', '9').value).toBe(1)
    expect(cells.requestsInFlight.child('Produce').value).toBe(0)
  })

  it('counts what a fetch does after its long poll as work, and the poll as neither slow nor late', () => {
    const { cells, probe } = bound()
    const times = { receivedMs: 0, handledMs: 4, parkedMs: 30_000, readyMs: 30_010 }
    probe.finished(track({ apiKey: 1, ...times }), { responses: [{ partitions: [{}] }] })
    expect(cells.requestPhaseTime.child('FetchConsumer', 'local').value).toBeCloseTo(0.01)
    expect(cells.requestPhaseTime.child('FetchConsumer', 'remote').value).toBeCloseTo(30)
    expect(cells.slowRequests.child('FetchConsumer').value).toBe(0)
    expect(cells.sliEvents.child('fetch_latency', 'good').value).toBe(1)
    expect(cells.sliEvents.child('fetch_availability', 'good').value).toBe(1)
  })

  it('takes the latencies of produce and fetch from the same times, without a wait on purpose', () => {
    const { cells, probe } = bound()
    probe.finished(track({ receivedMs: 10, handledMs: 11, readyMs: 40 }), partitions(Errors.MESSAGE_TOO_LARGE.code))
    expect([cells.produceLatency.count, cells.produceLatency.sum]).toEqual([1, 0.03])
    const times = { apiKey: 1, receivedMs: 10, handledMs: 11, parkedMs: 500, readyMs: 515 }
    probe.finished(track(times), { responses: [{ partitions: [{}] }] })
    probe.finished(track({ apiKey: 1, parkedMs: 0.001 }), { responses: [] })
    // Refused as a whole: nothing was fetched.
    probe.finished(track(times), { errorCode: Errors.INVALID_FETCH_SESSION_EPOCH.code, responses: [] })
    expect([cells.consumeLatency.count, cells.consumeLatency.sum]).toEqual([2, 0.005])
  })

  it('hears of waits what handlers know', () => {
    const { cells, probe } = bound()
    probe.finished(track({ handledMs: 1, readyMs: 31, waitResult: 'satisfied' }), partitions(0))
    probe.finished(track({ handledMs: 1, readyMs: 1 }), partitions(0))
    const poll = { apiKey: 1, handledMs: 1, parkedMs: 500, readyMs: 507 }
    probe.finished(track({ ...poll, waitResult: 'expired' }), { responses: [] })
    const waited = (operation: string) => {
      const { count, sum } = cells.purgatoryWait.child(operation)
      const results = ['satisfied', 'expired'].map(result => cells.purgatoryCompleted.child(operation, result).value)
      return [count, sum, ...results]
    }
    expect(waited('produce')).toEqual([1, 0.03, 1, 0])
    expect(waited('fetch')).toEqual([1, 0.5, 0, 1])
  })

  it('takes the wait of a member for its group as one on purpose', () => {
    const { cells, probe } = bound()
    probe.finished(track({ apiKey: 11, handledMs: 1, readyMs: 3_001 }), { errorCode: 0 })
    expect(cells.requestPhaseTime.child('JoinGroup', 'remote').value).toBeCloseTo(3)
    expect(cells.slowRequests.child('JoinGroup').value).toBe(0)
    expect(cells.requestPhase.child('other', 'remote').count).toBe(1)
    probe.finished(track({ apiKey: 11, handledMs: 1, readyMs: 2 }), { errorCode: Errors.UNKNOWN_MEMBER_ID.code })
    expect(cells.purgatoryCompleted.child('join', 'satisfied').value).toBe(1)
    expect(cells.purgatoryCompleted.child('join', 'expired').value).toBe(1)
    expect(cells.purgatoryWait.child('join').sum).toBeCloseTo(3.001)
  })

  it('counts each error code by class, and partitions of answers for the service level', () => {
    const { cells, probe } = bound()
    const storage = Errors.KAFKA_STORAGE_ERROR.code
    probe.finished(track({ readyMs: 1_500 }), partitions(0, 0, Errors.MESSAGE_TOO_LARGE.code, storage, storage))
    const errors = (error: string, errorClass: string): number =>
      cells.requestErrors.child('Produce', error, errorClass).value
    expect(errors('KAFKA_STORAGE_ERROR', 'server')).toBe(2)
    expect(errors('MESSAGE_TOO_LARGE', 'client')).toBe(1)
    expect(cells.sliEvents.child('produce_availability', 'good').value).toBe(3)
    expect(cells.sliEvents.child('produce_availability', 'bad').value).toBe(2)
    expect(cells.requestResults.child('Produce', 'good').value).toBe(3)
    expect(cells.requestResults.child('Produce', 'bad').value).toBe(2)
    expect(cells.sliEvents.child('produce_latency', 'bad').value).toBe(1)
    expect(cells.slowRequests.child('Produce').value).toBe(1)
  })

  it('counts an answer without parts as one result, good or bad', () => {
    const { cells, probe } = bound()
    const { UNKNOWN_MEMBER_ID, COORDINATOR_NOT_AVAILABLE } = Errors
    for (const { code } of [{ code: 0 }, UNKNOWN_MEMBER_ID, COORDINATOR_NOT_AVAILABLE]) {
      probe.finished(track({ apiKey: 11 }), { errorCode: code })
    }
    probe.failed(track({ apiKey: 11 }))
    expect(cells.requestResults.child('JoinGroup', 'good').value).toBe(2)
    expect(cells.requestResults.child('JoinGroup', 'bad').value).toBe(2)
  })

  it('counts a handler that failed as bad, and what nobody is told like an answer, but as none', () => {
    const { cells, probe } = bound()
    probe.started(track({}), {})
    probe.failed(track({}))
    expect(cells.requestFailures.child('Produce').value).toBe(1)
    expect(cells.sliEvents.child('produce_availability', 'bad').value).toBe(1)
    probe.finished(track({ responseBytes: 0 }), partitions(0, Errors.KAFKA_STORAGE_ERROR.code))
    expect(cells.sliEvents.child('produce_availability', 'bad').value).toBe(2)
    expect(cells.sliEvents.child('produce_availability', 'good').value).toBe(1)
    expect(cells.requestErrors.child('Produce', 'KAFKA_STORAGE_ERROR', 'server').value).toBe(1)
    expect(cells.responseSize.child('Produce').count).toBe(0)
  })

  it('serves reasons at zero, counts what never became a request, and knows no API without a handler', () => {
    const { cells, probe } = bound()
    expect([...cells.requestParseErrors.children()]).toHaveLength(3)
    probe.refused('unknown-api')
    expect(cells.requestParseErrors.child('unknown_api').value).toBe(1)
    expect(() => probe.started(track({ apiKey: 3 }), {})).toThrow('known API')
  })
})
