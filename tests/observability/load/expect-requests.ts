import { Counts } from './counts.ts'
import { errorClassOf, isServersFault } from './error-classes.ts'
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
  expectResults(expected, wire, requests)
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
  // Who joins or asks for his share waits for other members, not for the disk.
  const others = { requests: requests.total, answers: wire.responses.total, commits: requests.total }
  for (const api of ['JoinGroup', 'SyncGroup']) others.commits -= requests.of(api)
  for (const api of ['Produce', 'Fetch', 'OffsetCommit']) {
    const count = requests.of(api)
    const counts = { requests: count, answers: wire.responses.of(api), commits: api === 'Fetch' ? 0 : count }
    expectPhasesOf(expected, labelOf(api), counts)
    others.requests -= count
    others.answers -= counts.answers
    others.commits -= count
  }
  expectPhasesOf(expected, 'other', others)
}

function expectPhasesOf(
  expected: Expectations,
  api: string,
  { requests, answers, commits }: { readonly requests: number; readonly answers: number; readonly commits: number }
): void {
  for (const phase of ['queue', 'local']) {
    expected.is('streambus_request_phase_seconds_count', requests, { api, phase })
  }
  expected.is('streambus_request_phase_seconds_count', commits, { api, phase: 'commit' })
  for (const phase of ['response_queue', 'send']) {
    expected.is('streambus_request_phase_seconds_count', answers, { api, phase })
  }
}

function expectErrors(expected: Expectations, wire: WireTally): void {
  const errors = new Counts()
  for (const [labels, count] of wire.verdicts.errors.entries()) errors.add(count, ...labels)
  for (const [[error = ''], count] of wire.produced.unanswered.entries()) errors.add(count, 'Produce', error)
  expected.from('error codes in answers, and of who wanted none').total('streambus_request_errors_total', errors.total)
  for (const [[name = '', error = ''], count] of errors.entries()) {
    const labels = { api: labelOf(name), error }
    const errorClass = errorClassOf(error)
    expected.is(
      'streambus_request_errors_total',
      count,
      errorClass === null ? labels : { ...labels, class: errorClass }
    )
  }
}

/** Good and bad parts of answers, those to who wanted none included. */
function producedParts({ verdicts, produced }: WireTally): { readonly good: number; readonly bad: number } {
  let bad = verdicts.parts.of('Produce', 'bad')
  for (const [[error = ''], count] of produced.unanswered.entries()) if (isServersFault(error)) bad += count
  return { good: produced.judged - bad, bad }
}

function expectResults(expected: Expectations, wire: WireTally, requests: Counts): void {
  expected.from('parts of answers, or answers without any, and whether the server was at fault')
  const { results } = wire.verdicts
  for (const [[name = '']] of requests.entries()) {
    const parts = name === 'Produce' ? producedParts(wire) : null
    for (const outcome of ['good', 'bad'] as const) {
      const count = parts?.[outcome] ?? results.of(name, outcome)
      expected.is('streambus_request_results_total', count, { api: labelOf(name), outcome })
    }
  }
}

function expectServiceLevels(expected: Expectations, wire: WireTally, requests: Counts): void {
  const { parts } = wire.verdicts
  const levels = {
    produce_availability: producedParts(wire),
    fetch_availability: { good: parts.of('Fetch', 'good'), bad: parts.of('Fetch', 'bad') }
  }
  for (const [sli, { good, bad }] of Object.entries(levels)) {
    expected
      .from('partitions in answers, and of who wanted none, and whether the server was at fault')
      .is('streambus_sli_events_total', good, { sli, outcome: 'good' })
      .is('streambus_sli_events_total', bad, { sli, outcome: 'bad' })
  }
  expected.from('requests, none of which can be too slow with limits that high')
  for (const [sli, api] of Object.entries({ produce_latency: 'Produce', fetch_latency: 'Fetch' })) {
    expected
      .is('streambus_sli_events_total', requests.of(api), { sli, outcome: 'good' })
      .is('streambus_sli_events_total', 0, { sli, outcome: 'bad' })
  }
  expected.sum('streambus_slow_requests_total', 0)
}
