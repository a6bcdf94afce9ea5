import type { Counts } from './counts.ts'
import type { Expectations } from './expectation.ts'

/** Requests to the admin port, where nobody asks for paths with variables. */
export function expectAdmin(expected: Expectations, requests: Counts): void {
  expected
    .from('requests to the admin port that were answered before the last scrape')
    .sum('streambus_http_requests_total', requests.total)
    .sum('streambus_http_request_duration_seconds_count', requests.total)
    .is('streambus_http_request_size_bytes_count', requests.total)
    .is('streambus_http_response_size_bytes_count', requests.total)
  for (const [[method = '', route = '', status = ''], count] of requests.entries()) {
    expected.is('streambus_http_requests_total', count, { method, route, status })
  }
}
