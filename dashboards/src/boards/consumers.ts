import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import {
  type Expr,
  gauge,
  growth,
  increase,
  max,
  min,
  nonZero,
  observed,
  promql,
  quantile,
  rate,
  sum,
  topk,
  total
} from '../expr.ts'
import type { ValueMapping } from '../grafana/model.ts'
import { section } from '../layout.ts'
import { to } from '../links.ts'
import { bars, stat, stateTimeline, table, timeseries } from '../panels.ts'
import { mapping } from '../thresholds.ts'
import { group, groupTopic } from '../variables.ts'
import { meanInRange } from './patterns.ts'

/** The empty one stands for all while there is none, so that a query finds something. */
const chosen = { group: { re: '$group|' } } as const
const ofTopic = { ...chosen, topic: { re: '$topic' } } as const

/** Burrow's states, from good to bad; their places are the numbers that the timeline shows as words. */
const STATES = ['OK', 'REWIND', 'WARN', 'STALL', 'STOP'] as const
const COLORS = ['green', 'blue', 'yellow', 'orange', 'red'] as const
const STATUS: ValueMapping = mapping(
  Object.fromEntries(STATES.map((state, index) => [index + 1, [state, COLORS[index] ?? 'text'] as const]))
)

/** The number of the one state whose series is 1. */
function statusNumber(): Expr<'group'> {
  const like = max(gauge(m.consumerGroupStatus, chosen), ['group'])
  const numbered = STATES.map((status, index) => {
    const { text } = gauge(m.consumerGroupStatus, { ...chosen, status })
    return `${text} * ${index + 1}`
  })
  return { ...like, text: `max by (group) (${numbered.join(' or ')})` }
}

const YEAR = 31_536_000
const headroom = min(gauge(m.consumerGroupRetentionHeadroom, ofTopic), ['group', 'topic'])
const lag = sum(gauge(m.consumerGroupLag, chosen), ['group'])

const now = section(null, [
  stat('Groups', { queries: [{ expr: total(m.consumerGroups) }], unit: 'none', limits: 'plain', sparkline: true }),
  stat('Members', {
    queries: [{ expr: sum(gauge(m.consumerGroupMembers)) }],
    unit: 'none',
    limits: 'plain',
    sparkline: true
  }),
  stat('Most Records Behind', {
    queries: [{ expr: max(lag) }],
    limits: { warn: 10_000 },
    noValue: 'no group',
    sparkline: true
  }),
  stat('Longest Behind', {
    says: 'Age of the oldest record that some group has not read: what "behind" means to those who wait for it.',
    queries: [{ expr: max(gauge(m.consumerGroupLagSeconds, chosen)) }],
    limits: { warn: 300, bad: 1800 },
    noValue: 'no group',
    sparkline: true
  }),
  stat('Groups in Trouble', {
    says: 'Stalled or stopped: they have work and do not do it.',
    queries: [{ expr: sum(gauge(m.consumerGroupStatus, { ...chosen, status: { re: 'STALL|STOP' } })) }],
    unit: 'none',
    limits: { bad: 1 },
    noValue: 'no group'
  }),
  stat('Least Headroom', {
    says: 'Time until retention deletes records that a group has not read. Below an hour, act.',
    queries: [{ expr: min(gauge(m.consumerGroupRetentionHeadroom, ofTopic)) }],
    limits: { warn: 86_400, bad: 3600, isFloor: true },
    noValue: 'no group'
  }),
  stat('Rebalances', {
    says: 'In the last hour.',
    queries: [{ expr: sum(increase(m.consumerGroupRebalances, { where: chosen, range: '1h' })) }],
    unit: 'none',
    decimals: 0,
    limits: { warn: 30 },
    noValue: '0'
  }),
  stat('Members Lost', {
    says: 'Heartbeats that did not come, in the last hour.',
    queries: [{ expr: sum(increase(m.consumerGroupHeartbeatExpirations, { where: chosen, range: '1h' })) }],
    unit: 'none',
    decimals: 0,
    limits: { warn: 1 },
    noValue: '0'
  })
])

const behind = section('Who is behind', [
  timeseries('Lag by Group', {
    says: 'Records. A line that rises for hours is a group that is too small for its topics.',
    queries: [{ expr: topk(20, lag) }],
    legend: 'table'
  }),
  timeseries('Lag in Seconds by Group', {
    says: 'The same in time: comparable between quiet and busy topics.',
    queries: [{ expr: topk(20, sum(gauge(m.consumerGroupLagSeconds, chosen), ['group'])) }],
    legend: 'table'
  }),
  stateTimeline('Status', {
    says: "Burrow's rules, applied by the coordinator: WARN reads but falls behind, STALL commits without moving, STOP commits no more, REWIND went back.",
    queries: [{ expr: statusNumber() }],
    unit: 'none',
    mappings: [STATUS],
    width: 8
  }),
  table('Groups and Topics', {
    says: 'Headroom is the time until retention may delete what is unread; empty or +Inf: never.',
    queries: [
      { expr: sum(gauge(m.consumerGroupTopicLag, ofTopic), ['group', 'topic']) },
      { expr: sum(gauge(m.consumerGroupTopicLagSeconds, ofTopic), ['group', 'topic']) },
      { expr: headroom }
    ],
    unit: 'short',
    columns: { group: 'Group', topic: 'Topic', 'Value #A': 'Records', 'Value #B': 'Age', 'Value #C': 'Headroom' },
    sortBy: 'Age',
    dataLinks: to('streambus-topics', 'var-topic=${__data.fields.Topic}'),
    overrides: ['Age', 'Headroom'].map(options => ({
      matcher: { id: 'byName', options },
      properties: [{ id: 'unit', value: 's' }]
    }))
  }),
  timeseries('Written and Read', {
    says: 'Records per second by topic: what producers add, and how far committed offsets move. Reading below writing is lag that grows.',
    queries: [
      {
        expr: sum(rate(m.topicMessagesIn, { where: { topic: { re: '$topic' } } }), ['topic']),
        legend: 'written {{topic}}'
      },
      {
        expr: clampedGrowth(),
        legend: 'read {{group}} {{topic}}'
      }
    ],
    unit: 'mps',
    width: 12
  })
])

function clampedGrowth(): Expr<'group' | 'topic'> {
  const moved = sum(growth(m.consumerGroupCommittedOffset, { where: ofTopic }), ['group', 'topic'])
  return promql(moved)`clamp_min(${moved}, 0)`
}

const partitions = section('By topic and partition', [
  timeseries('Lag by Topic', {
    queries: [{ expr: topk(20, sum(gauge(m.consumerGroupTopicLag, ofTopic), ['group', 'topic'])) }],
    legend: 'table'
  }),
  bars('Worst Partitions', {
    says: 'One partition behind, the others not: a key that is too frequent, or a consumer that is slow.',
    queries: [
      {
        expr: topk(15, sum(gauge(m.consumerGroupPartitionLag, ofTopic), ['group', 'topic', 'partition'])),
        legend: '{{group}} {{topic}}-{{partition}}'
      }
    ],
    limits: 'plain'
  }),
  timeseries('Retention Headroom', {
    says: 'When a line reaches 0, records are deleted unread. A year stands for never.',
    queries: [{ expr: promql(headroom)`clamp_max(${headroom}, ${YEAR})` }],
    isLogarithmic: true
  })
])

const membership = section('Membership', [
  timeseries('Members by Group', { queries: [{ expr: sum(gauge(m.consumerGroupMembers, chosen), ['group']) }] }),
  timeseries('Rebalances by Reason', {
    says: 'While a group rebalances, its members may not read. Static members and longer sessions make it rarer.',
    queries: [{ expr: nonZero(sum(rate(m.consumerGroupRebalances, { where: chosen }), ['group', 'reason'])) }],
    unit: 'cps'
  }),
  timeseries('Rebalance Duration', {
    says: 'Over all groups: until all members had their assignment.',
    queries: [
      { expr: quantile(0.5, m.consumerGroupRebalance), legend: 'p50' },
      { expr: observed(quantile(0.95, m.consumerGroupRebalance, { by: ['reason'] })), legend: 'p95 {{reason}}' }
    ],
    noValue: 'none in this time'
  }),
  timeseries('Groups by State', {
    queries: [{ expr: sum(gauge(m.consumerGroups), ['state', 'type']) }],
    stack: true,
    width: 6
  }),
  timeseries('Commits', {
    queries: [{ expr: sum(rate(m.consumerGroupOffsetCommits, { where: chosen }), ['group']) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Missed Heartbeats', {
    queries: [{ expr: nonZero(sum(rate(m.consumerGroupHeartbeatExpirations, { where: chosen }), ['group'])) }],
    unit: 'cps',
    width: 6
  }),
  stat('Offsets Kept', {
    queries: [{ expr: total(m.offsetsStored) }],
    limits: 'plain',
    sparkline: true,
    width: 2,
    height: 8
  }),
  stat('Offsets Expired', {
    says: 'In the chosen time: their groups were empty for offsets.retention.minutes.',
    queries: [{ expr: sum(increase(m.offsetExpirations, { range: '$__range' })) }],
    unit: 'none',
    decimals: 0,
    limits: 'plain',
    width: 2,
    height: 8
  }),
  stat('Loading', {
    says: 'Mean time of reading the groups of one partition back, after a start or a new leader in the chosen time.',
    queries: [{ expr: meanInRange(m.coordinatorLoad) }],
    limits: 'plain',
    width: 2,
    height: 8
  })
])

export const consumers: Board = {
  uid: 'streambus-consumers',
  description: 'Which groups are behind, by how much and for how long, and whether they will catch up in time.',
  variables: [group, groupTopic],
  sections: [now, behind, partitions, membership]
}
