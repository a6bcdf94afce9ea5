import { createBrokerMetrics, OVERFLOW_LABEL } from '@streambus/metrics'
import { expect, test } from 'vitest'
import { GroupTimelines } from '../../src/coordinator/lag/timeline.ts'
import { bindGroups } from '../../src/observability/bind-groups.ts'
import { capturedLog } from './captured-log.ts'
import { ManualClock } from './manual-clock.ts'

const MEMBER = { memberId: 'm', instanceId: null, clientId: 'c' }

function setup() {
  const metrics = createBrokerMetrics()
  const timelines = new GroupTimelines()
  const { log, lines } = capturedLog()
  const probe = bindGroups({ metrics, log, timelines, clock: new ManualClock() })
  return { cells: metrics.cells, timelines, lines, probe }
}

test('what happens in a group is counted, told in its timeline and to the operator', () => {
  const { cells, timelines, lines, probe } = setup()
  probe.member('g', 'joined', MEMBER)
  const expirations = [...cells.consumerGroupHeartbeatExpirations.children()]
  expect(expirations.map(({ labels, cell }) => [labels['group'], cell.value])).toEqual([['g', 0]])
  probe.rebalanceStarted('g', 1, 'member_joined')
  probe.rebalanceEnded('g', 1, { reason: 'member_joined', tookMs: 1_500 })
  probe.member('g', 'expired', MEMBER)
  probe.offsetsCommitted('g', 3)
  probe.offsetsExpired(2)
  expect(cells.consumerGroupRebalances.child('g', 'member_joined').value).toBe(1)
  const { count, sum } = cells.consumerGroupRebalance.child('member_joined')
  expect([count, sum]).toEqual([1, 1.5])
  expect(cells.consumerGroupHeartbeatExpirations.child('g').value).toBe(1)
  expect(cells.consumerGroupOffsetCommits.child('g').value).toBe(3)
  expect(cells.offsetExpirations.value).toBe(2)
  const kinds = ['joined', 'rebalance-started', 'rebalance-ended', 'expired']
  expect(timelines.eventsOf('g').map(({ kind }) => kind)).toEqual(kinds)
  expect(lines.length).toBe(5)
})

test('a group that is deleted leaves its counts to the others, and no series', () => {
  const { cells, timelines, probe } = setup()
  for (const group of ['gone', 'stays']) {
    for (const reason of ['member_joined', 'member_left'] as const) probe.rebalanceStarted(group, 1, reason)
    probe.offsetsCommitted(group, 3)
    probe.member(group, 'expired', MEMBER)
  }
  probe.groupDeleted('gone')
  expect(timelines.eventsOf('gone')).toEqual([])
  const { consumerGroupRebalances, consumerGroupOffsetCommits, consumerGroupHeartbeatExpirations } = cells
  const counts = [consumerGroupRebalances, consumerGroupOffsetCommits, consumerGroupHeartbeatExpirations].map(family =>
    [...family.children()].map(({ labels, cell }) => [labels['group'], cell.value])
  )
  expect(counts).toEqual([
    [
      ['stays', 1],
      ['stays', 1],
      [OVERFLOW_LABEL, 2]
    ],
    [
      ['stays', 3],
      [OVERFLOW_LABEL, 3]
    ],
    [
      ['stays', 1],
      [OVERFLOW_LABEL, 1]
    ]
  ])
})

test('as many groups have a series for each reason as have one in other counters', () => {
  const { cells, probe } = setup()
  const reasons = ['member_joined', 'member_left', 'member_expired', 'sync_timeout', 'topics_changed'] as const
  for (let i = 0; i < 500; i++) for (const reason of reasons) probe.rebalanceStarted(`g${i}`, 1, reason)
  expect(cells.consumerGroupRebalances.droppedCount).toBe(0)
})
