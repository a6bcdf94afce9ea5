import { describe, expect, it } from 'vitest'
import { judgeRequests } from '../../src/doctor/judge-requests.ts'
import { admin, DEAD_ADMIN, gathered } from './facts.ts'

describe('requests', () => {
  const error = (kind: string, count: number) =>
    `streambus_request_errors_total{api="Produce",error="E",class="${kind}"} ${count}`
  const judge = (after: string, before = '') => judgeRequests(gathered({ admin: admin(after, before) }))

  it('are skipped without metrics', () => {
    expect(judgeRequests(gathered({ admin: DEAD_ADMIN }))).toMatchObject([{ state: 'skipped' }])
  })

  it('that the broker fails now are warned of, not those of yesterday or of clients', () => {
    expect(judge(error('server', 7), error('server', 5))).toMatchObject([
      { state: 'warning', found: 'Produce is answered with E 2.0 times a second' }
    ])
    expect(judge(error('server', 5), error('server', 5))).toMatchObject([{ state: 'ok' }])
    expect(judge(error('client', 7), error('client', 5))).toMatchObject([{ state: 'ok' }])
  })

  it('whose handler failed are counted since the start', () => {
    const failures = (count: number) => `streambus_request_failures_total{api="Fetch"} ${count}`
    expect(judge(failures(1), failures(1))).toMatchObject([
      { state: 'warning', found: expect.stringMatching(/^1 .*Fetch/) }
    ])
    expect(judge(failures(0))).toMatchObject([{ state: 'ok' }])
  })
})
