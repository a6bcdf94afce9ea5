import { loadConfig } from '@streambus/broker'
import { describe, expect, it } from 'vitest'
import { dangersOf } from '../../src/doctor/config-rules.ts'
import { judgeConfig } from '../../src/doctor/judge-config.ts'
import { broken, broker, gathered, settings, there } from './facts.ts'

type Values = Readonly<Record<string, string>>

function dangers(values: Values) {
  return dangersOf(new Map(Object.entries(values)))
}

describe('settings', () => {
  it.each<[Values, 'warning' | 'failed']>([
    [{ 'log.flush.policy': 'os' }, 'warning'],
    [{ 'auto.create.topics.enable': 'true', environment: 'production' }, 'warning'],
    [{ listeners: 'PLAINTEXT://0.0.0.0:9092' }, 'warning'],
    [{ listeners: 'A://127.0.0.1:1,B://[2001:db8::1]:2' }, 'warning'],
    [{ listeners: 'IN://h:1', 'listener.security.protocol.map': 'IN:PLAINTEXT' }, 'warning'],
    [{ 'admin.listener': ':8080' }, 'warning'],
    [{ 'admin.listener': '0.0.0.0:8080' }, 'warning'],
    [{ 'log.retention.ms': '0' }, 'warning'],
    [{ 'log.retention.minutes': '0', 'log.retention.hours': '168' }, 'warning'],
    [{ 'log.retention.bytes': '0' }, 'warning'],
    [{ 'log.retention.ms': '-1', 'log.retention.bytes': '-1' }, 'warning'],
    [{ 'min.insync.replicas': '2', 'default.replication.factor': '1' }, 'failed'],
    [{ 'message.max.bytes': '2000', 'socket.request.max.bytes': '2000' }, 'failed'],
    [{ 'unclean.leader.election.enable': 'true' }, 'warning'],
    [{ 'log.cleaner.enable': 'false' }, 'warning'],
    [{ 'log.cleanup.policy': '' }, 'warning'],
    [{ 'log.dir.free.refuse.bytes': '0' }, 'warning'],
    [{ 'log.dir.stall.exit.ms': '0' }, 'warning'],
    [{ 'log.dirs': './data, /tmp/streambus' }, 'warning'],
    [{ 'connections.max.idle.ms': '60000' }, 'warning'],
    [{ 'group.min.session.timeout.ms': '60000' }, 'failed'],
    [{ 'group.max.session.timeout.ms': '30000' }, 'failed'],
    [{ 'offsets.retention.minutes': '60' }, 'warning'],
    [{ 'log.dirs.lost': 'abc' }, 'warning']
  ])('%j is a %s', (values, state) => {
    expect(dangers(values)).toMatchObject([{ state, wayOut: expect.stringMatching(/./) }])
  })

  it.each<[Values]>([
    [{ 'log.flush.policy': 'synced' }],
    [{ 'auto.create.topics.enable': 'true', environment: 'development' }],
    [{ 'auto.create.topics.enable': 'false', environment: 'production' }],
    [{ listeners: 'PLAINTEXT://127.0.0.1:9092,B://[::1]:1' }],
    [{ listeners: 'SASL_SSL://h:1,IN://i:2', 'listener.security.protocol.map': 'IN:SASL_PLAINTEXT' }],
    [{ 'admin.listener': 'none' }],
    [{ 'admin.listener': '[::1]:8080' }],
    [{ 'log.retention.ms': '', 'log.retention.hours': '168', 'log.retention.bytes': '-1' }],
    [{ 'log.retention.ms': '-1', 'log.retention.bytes': '5' }],
    [{ 'log.retention.ms': '-1', 'log.retention.bytes': '-1', 'log.cleanup.policy': 'compact' }],
    [{ 'log.dirs': '/var/lib/streambus,/tmpfoo' }],
    [{ 'message.max.bytes': '1048588', 'socket.request.max.bytes': '104857600' }],
    [{}]
  ])('%j is no danger', values => {
    expect(dangers(values)).toEqual([])
  })

  it('as shipped are no danger', async () => {
    const { values } = await loadConfig({})
    const shipped = Object.entries(values).filter(([, value]) => value !== undefined)
    expect(dangers(Object.fromEntries(shipped.map(([name, value]) => [name, String(value)])))).toEqual([])
  })

  it('of a flush policy tell how much a power cut takes', () => {
    expect(dangers({ 'log.flush.policy': 'os', 'log.flush.interval.ms': '200' })[0]?.found).toContain('200 ms')
    expect(dangers({ 'log.flush.policy': 'os', 'log.flush.interval.ms': '9223372036854775807' })[0]?.found).toContain(
      'half a minute'
    )
  })
})

describe('the configuration', () => {
  const file = async (fileText: string) => {
    const config = await loadConfig({ fileText, filePath: 'b.yaml' }).then(there, broken)
    return { path: 'b.yaml', config }
  }

  it('of brokers is told of each', () => {
    const brokers = [
      broker({ settings: settings({ 'log.flush.policy': 'os' }) }),
      broker({ id: 1, settings: settings({ 'log.flush.policy': 'synced' }) }),
      broker({ id: 2, settings: broken('CLUSTER_AUTHORIZATION_FAILED') }),
      broker({ id: 3, settings: null })
    ]
    expect(judgeConfig(gathered({ brokers })).map(({ state, found }) => [state, found.slice(0, 9)])).toEqual([
      ['warning', 'broker 0:'],
      ['ok', 'broker 1:'],
      ['skipped', 'broker 2 ']
    ])
    expect(judgeConfig(gathered({ brokers: [] }))).toMatchObject([{ state: 'skipped' }])
  })

  it('in a file that no broker starts with is failed, each mistake by itself', async () => {
    const text = 'log.retention.mss: 5\nnum.partitions: many\nzookeeper.connect: z'
    const findings = judgeConfig(gathered({ brokers: [], file: await file(text) }))
    expect(findings.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed'])
    expect(findings.map(({ found }) => found).join('\n')).toMatch(/did you mean log.retention.ms[^]*z?o*/)
    for (const { found } of findings) expect(found).toContain('b.yaml')
  })

  it('in a file is judged and compared with what runs', async () => {
    const brokers = [broker({ settings: settings({ 'num.partitions': '3', 'log.flush.interval.ms': '100.0' }) })]
    const text = 'num.partitions: 4\nlog.flush.interval.ms: 100\ntransaction.max.timeout.ms: 5'
    const findings = judgeConfig(gathered({ brokers, file: await file(text) }))
    expect(findings).toMatchObject([
      { state: 'ok', found: expect.stringMatching(/^b\.yaml: none/) },
      { state: 'warning', found: 'b.yaml: transaction.max.timeout.ms has no effect in this version' },
      { state: 'warning', found: 'num.partitions is 4 in b.yaml, and 3 in broker 0' },
      { state: 'ok', found: expect.stringMatching(/^broker 0: none/) }
    ])
  })

  it('in a file for another broker is not compared', async () => {
    const findings = judgeConfig(gathered({ file: await file('node.id: 7') }))
    expect(findings).toContainEqual(
      expect.objectContaining({ state: 'skipped', found: expect.stringContaining('broker 7') })
    )
  })

  it('says once what file and broker have in common', async () => {
    const brokers = [broker({ settings: settings({ 'log.flush.policy': 'os' }) })]
    const findings = judgeConfig(gathered({ brokers, file: await file('log.flush.policy: os') }))
    expect(findings.map(({ state }) => state)).toEqual(['ok', 'warning'])
  })
})
