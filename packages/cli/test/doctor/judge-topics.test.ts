import { describe, expect, it } from 'vitest'
import { judgeTopics } from '../../src/doctor/judge-topics.ts'
import { broken, gathered, there } from './facts.ts'

function judge(settings: Readonly<Record<string, string>>, replicas = 1) {
  const topics = there([{ name: 't', replicas, settings: new Map(Object.entries(settings)) }])
  return judgeTopics(gathered({ metadata: there({ clusterId: 'c', brokers: [], partitions: [], topics }) }))
}

describe('settings of topics', () => {
  it.each([
    [{ 'min.insync.replicas': '2' }, 'failed'],
    [{ 'flush.policy': 'os' }, 'warning'],
    [{ 'retention.ms': '0' }, 'warning'],
    [{ 'retention.bytes': '0' }, 'warning'],
    [{ 'retention.ms': '0', 'cleanup.policy': 'compact' }, 'ok'],
    [{ 'retention.ms': '-1' }, 'ok'],
    [{ 'flush.policy': 'synced', 'min.insync.replicas': '1' }, 'ok']
  ])('%j are %s', (settings, state) => {
    expect(judge(settings)).toMatchObject([{ state }])
  })

  it('are judged by the replicas that there are', () => {
    expect(judge({ 'min.insync.replicas': '2' }, 3)).toMatchObject([{ state: 'ok' }])
  })

  it('are skipped where they cannot be read', () => {
    const metadata = there({ clusterId: 'c', brokers: [], partitions: [], topics: broken('late') })
    expect(judgeTopics(gathered({ metadata }))).toMatchObject([{ state: 'skipped' }])
    expect(judgeTopics(gathered({ metadata: null }))).toMatchObject([{ state: 'skipped' }])
  })
})
