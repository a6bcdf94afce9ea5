import { Counts } from './counts.ts'
import type { Expectations } from './expectation.ts'
import type { WireTally } from './wire-tally.ts'

/** Requests and answers by API. */
export function expectRequests(expected: Expectations, wire: WireTally): void {
  const requests = wire.requests.byFirst()
  expected
    .from('requests that were read and answered, or wanted no answer')
    .sum('streambus_request_duration_seconds_count', requests.total)
    .sum('streambus_request_versions_total', requests.total)
    .sum('streambus_request_size_bytes_count', requests.total)
    .sum('streambus_request_size_bytes_sum', wire.requestBytes.total)
    .sum('streambus_response_size_bytes_count', wire.responses.total)
    .sum('streambus_response_size_bytes_sum', wire.responseBytes.total)
    .from('no handler failed: every request was answered, or its connection closed for what it said')
    .sum('streambus_request_failures_total', 0)
    .from('requests that nobody can read or serve')
    .sum('streambus_request_parse_errors_total', wire.refused.total)
  for (const [[reason = ''], count] of wire.refused.entries()) {
    expected.is('streambus_request_parse_errors_total', count, { reason })
  }
  expected.from('requests and answers of this API')
  for (const [[name = ''], count] of requests.entries()) expectApi(expected, wire, { name, count })
  expected.from('requests of this API in this version')
  for (const [[name = '', version = ''], count] of wire.requests.entries()) {
    expected.is('streambus_request_versions_total', count, { api: labelOf(name), version })
  }
  expectPhases(expected, wire, requests)
  expectErrors(expected, wire)
  expectServiceLevels(expected, wire, requests)
}

/** What an API is called in labels: followers fetch, too. */
function labelOf(api: string): string {
  return api === 'Fetch' ? 'FetchConsumer' : api
}

function expectApi(
  expected: Expectations,
  wire: WireTally,
  { name, count }: { readonly name: string; readonly count: number }
): void {
  const api = labelOf(name)
  expected
    .is('streambus_request_duration_seconds_count', count, { api })
    .is('streambus_request_size_bytes_count', count, { api })
    .is('streambus_request_size_bytes_sum', wire.requestBytes.of(name), { api })
    .is('streambus_response_size_bytes_count', wire.responses.of(name), { api })
    .is('streambus_response_size_bytes_sum', wire.responseBytes.of(name), { api })
}

/** Every request has the phases up to its answer, every answer those behind. */
function expectPhases(expected: Expectations, wire: WireTally, requests: Counts): void {
  expected.from('requests and answers of this API, or of all that have no phases of their own')
  const others = { requests: requests.total, answers: wire.responses.total }
  for (const api of ['Produce', 'Fetch', 'OffsetCommit']) {
    expectPhasesOf(expected, labelOf(api), { requests: requests.of(api), answers: wire.responses.of(api) })
    others.requests -= requests.of(api)
    others.answers -= wire.responses.of(api)
  }
  expectPhasesOf(expected, 'other', others)
}

function expectPhasesOf(
  expected: Expectations,
  api: string,
  { requests, answers }: { readonly requests: number; readonly answers: number }
): void {
  for (const phase of ['queue', 'local']) {
    expected.is('streambus_request_phase_seconds_count', requests, { api, phase })
  }
  for (const phase of ['response_queue', 'send']) {
    expected.is('streambus_request_phase_seconds_count', answers, { api, phase })
  }
}

function expectErrors(expected: Expectations, wire: WireTally): void {
  const errors = new Counts()
  for (const [labels, count] of wire.errors.entries()) errors.add(count, ...labels)
  for (const [[error = ''], count] of wire.produced.unanswered.entries()) errors.add(count, 'Produce', error)
  expected.from('error codes in answers, and of who wanted none').total('streambus_request_errors_total', errors.total)
  for (const [[name = '', error = ''], count] of errors.entries()) {
    expected.is('streambus_request_errors_total', count, { api: labelOf(name), error })
  }
}

function expectServiceLevels(expected: Expectations, { produced, fetched }: WireTally, requests: Counts): void {
  expected
    .from('good and bad: partitions in answers, and of who wanted none')
    .sum('streambus_sli_events_total', produced.judged, { sli: 'produce_availability' })
    .sum('streambus_sli_events_total', fetched.answered, { sli: 'fetch_availability' })
    .sum('streambus_request_results_total', produced.judged, { api: 'Produce' })
    .from('good and bad: partitions in answers, and answers without any')
    .sum('streambus_request_results_total', fetched.results, { api: 'FetchConsumer' })
    .from('good and bad: requests')
    .sum('streambus_sli_events_total', requests.of('Produce'), { sli: 'produce_latency' })
    .sum('streambus_sli_events_total', requests.of('Fetch'), { sli: 'fetch_latency' })
}
