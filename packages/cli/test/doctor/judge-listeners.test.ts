import { WireError } from '@streambus/wire-client'
import { describe, expect, it } from 'vitest'
import { hostsOf, isLoopback, isWildcard } from '../../src/doctor/hosts.ts'
import { judgeAdvertised } from '../../src/doctor/judge-listeners.ts'
import { broken, broker, gathered, port, settings, there } from './facts.ts'

const LOCAL = { host: '127.0.0.1', port: 9092 }

describe('advertised addresses', () => {
  it('are ok when the broker itself answers there', () => {
    expect(judgeAdvertised(gathered())).toMatchObject([{ state: 'ok', found: expect.stringContaining('one:9092') }])
  })

  it('are skipped without a broker, and failed without metadata or brokers', () => {
    expect(judgeAdvertised(gathered({ metadata: null, brokers: [] }))).toMatchObject([{ state: 'skipped' }])
    expect(judgeAdvertised(gathered({ metadata: broken('late'), brokers: [] }))).toMatchObject([{ state: 'failed' }])
    expect(judgeAdvertised(gathered({ brokers: [] }))).toMatchObject([{ state: 'failed' }])
  })

  it('that are not reached are failed', () => {
    const answered = broken(new WireError('unresolved', { host: 'one', port: 9092 }, ''))
    expect(judgeAdvertised(gathered({ brokers: [broker({ answered })] }))).toMatchObject([
      { state: 'failed', found: expect.stringContaining('cannot be resolved') }
    ])
  })

  it.each([
    ['that name no machine', [broker({ address: { host: '0.0.0.0', port: 9092 } })], /names no machine/],
    [
      'that two brokers share',
      [broker(), broker({ id: 1, identity: there({ clusterId: 'c', ids: [1] }) })],
      /so does broker 1/
    ],
    ['that mean the machine of each client', [broker({ address: LOCAL })], /connect to themselves/],
    [
      'where another cluster answers',
      [broker({ identity: there({ clusterId: 'd', ids: [0] }) })],
      /another cluster \(d\)/
    ],
    ['where a stranger answers', [broker({ identity: there({ clusterId: 'c', ids: [4] }) })], /does not know it/],
    [
      'where another broker answers',
      [broker({ settings: broken('this is broker 4 (INVALID_REQUEST)') })],
      /another broker/
    ]
  ])('%s are failed', (_, brokers, found) => {
    const [finding] = judgeAdvertised(gathered({ brokers }))
    expect(finding).toMatchObject({ state: 'failed', found: expect.stringMatching(found) })
    expect(finding?.wayOut).toContain('advertised.listeners')
  })

  it('on this machine are ok from this machine, unless the broker listens for others, too', () => {
    const judge = (listeners: string) =>
      judgeAdvertised(
        gathered({
          bootstrap: [port({ address: LOCAL })],
          brokers: [broker({ address: LOCAL, settings: settings({ listeners }) })]
        })
      )
    expect(judge('PLAINTEXT://127.0.0.1:9092')).toMatchObject([{ state: 'ok' }])
    expect(judge('PLAINTEXT://:9092')).toMatchObject([
      { state: 'warning', found: expect.stringContaining('every interface') }
    ])
  })
})

describe('hosts', () => {
  it('are read from listeners and known for what they are', () => {
    expect(hostsOf('A://[::1]:1, B://:2,C://h.x:3,nonsense')).toEqual(['::1', '', 'h.x'])
    expect(['localhost', '127.9.9.9', '::1', '::ffff:127.0.0.1', '128.0.0.1', 'h'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false
    ])
    expect(['', '::', '0.0.0.0', '127.0.0.1'].map(isWildcard)).toEqual([true, true, true, false])
  })
})
