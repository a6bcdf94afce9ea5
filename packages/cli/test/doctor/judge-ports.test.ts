import { WireError, type WireFailure } from '@streambus/wire-client'
import { describe, expect, it } from 'vitest'
import { judgeAdminIdentity, judgeBootstrap, judgeHealth } from '../../src/doctor/judge-ports.ts'
import { admin, broken, DEAD_ADMIN, gathered, HEALTHY, port, there } from './facts.ts'

const ADDRESS = { host: 'one', port: 9092 }

describe('the Kafka port', () => {
  it('is ok when it answers, and a warning when that takes long', () => {
    expect(judgeBootstrap([port()])).toMatchObject([{ state: 'ok', found: expect.stringContaining('in 3 ms') }])
    expect(judgeBootstrap([port({ answered: there(1_200) })])).toMatchObject([
      { state: 'warning', found: expect.stringMatching(/1200 ms .*below 1000 ms/) }
    ])
  })

  it.each<[WireFailure, RegExp]>([
    ['refused', /nothing listens/],
    ['http-peer', /HTTP port/],
    ['tls-peer', /TLS port/],
    ['not-kafka', /does not speak Kafka/],
    ['request-timeout', /does not answer ApiVersions/],
    ['unresolved', /cannot be resolved/]
  ])('that is %s is named as such, with a way out', (failure, found) => {
    const answered = broken(new WireError(failure, ADDRESS, 'what the client said'))
    const [finding] = judgeBootstrap([port({ answered })])
    expect(finding).toMatchObject({ state: 'failed', found: expect.stringMatching(found) })
    expect(finding?.wayOut).not.toBe('')
  })

  it('that speaks TLS is named as such, however it got rid of us', () => {
    const answered = broken(new WireError('not-kafka', ADDRESS, ''))
    expect(judgeBootstrap([port({ answered, isTls: true })])).toMatchObject([
      { state: 'failed', found: expect.stringContaining('TLS port') }
    ])
  })

  it('that is down is a warning while another one answers', () => {
    const down = port({ answered: broken(new WireError('refused', ADDRESS, '')) })
    expect(judgeBootstrap([down, port()]).map(({ state }) => state)).toEqual(['warning', 'ok'])
  })
})

describe('the admin port', () => {
  it('is skipped when nobody asked, and failed when it does not answer', () => {
    expect(judgeHealth(null)).toMatchObject([{ state: 'skipped' }])
    expect(judgeHealth(DEAD_ADMIN)).toMatchObject([
      { state: 'failed', found: 'no admin port listens on one:8080', wayOut: expect.stringContaining('--admin') }
    ])
  })

  it('without metrics is failed, health is told all the same', () => {
    const facts = { ...(admin('') as NonNullable<typeof DEAD_ADMIN>), metrics: broken('late') }
    expect(judgeHealth(facts).map(({ check, state }) => [check, state])).toEqual([
      ['admin port', 'ok'],
      ['admin port', 'failed'],
      ['health', 'ok']
    ])
  })

  it('tells each check that is not ok: error is failed, the rest are warnings', () => {
    const checks = [
      { name: 'a', status: 'ok', message: '' },
      { name: 'b', status: 'degraded', message: 'half' },
      { name: 'c', status: 'error', message: '' }
    ]
    expect(judgeHealth(admin('', '', { ...HEALTHY, checks })).slice(1)).toMatchObject([
      { state: 'warning', found: 'b is in state degraded: half' },
      { state: 'failed', found: 'c is in state error: no reason given' }
    ])
  })

  it('of another broker or cluster is noticed', () => {
    const of = (labels: string) =>
      judgeAdminIdentity(gathered({ admin: admin(`streambus_broker_info{${labels}} 1`) })).map(({ found }) => found)
    expect(of('broker_id="0",cluster_id="c"')).toEqual([])
    expect(of('broker_id="0",cluster_id="d"')).toEqual([expect.stringContaining('belongs to cluster d')])
    expect(of('broker_id="7",cluster_id="c"')).toEqual([expect.stringContaining('belongs to broker 7')])
    expect(judgeAdminIdentity(gathered())).toEqual([])
  })
})
