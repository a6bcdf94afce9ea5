import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { GroupProbe } from '../coordinator/group/group-probe.ts'
import { type GroupTimelines } from '../coordinator/lag/timeline.ts'
import type { HostProbe } from '../coordinator/runtime/shard-host.ts'
import { clientText, type Log } from './log.ts'

export interface GroupSinks {
  readonly metrics: BrokerMetrics
  readonly log: Log
  readonly timelines: GroupTimelines
  readonly clock: Clock
}

/** Connects the groups to the metrics, to their timelines and to the operator's log. */
export function bindGroups({ metrics: { cells }, log, timelines, clock }: GroupSinks): GroupProbe {
  return {
    rebalanceStarted(group, generation, reason) {
      cells.consumerGroupRebalances.child(group, reason).add(1)
      timelines.add(group, clock.wallMs(), { kind: 'rebalance-started', generation, reason })
      log.info('rebalance', { event: 'rebalance_started', group, generation, reason })
    },
    rebalanceEnded(group, generation, { reason, tookMs }) {
      cells.consumerGroupRebalance.child(reason).observe(tookMs / 1000)
      timelines.add(group, clock.wallMs(), { kind: 'rebalance-ended', generation, reason, durationMs: tookMs })
      log.info('rebalance done', { event: 'rebalance_ended', group, generation, reason, took_ms: tookMs })
    },
    member(group, kind, { memberId, instanceId, clientId }) {
      // At zero from the first member on, so that the first one lost is seen as a rise.
      const expirations = cells.consumerGroupHeartbeatExpirations.child(group)
      if (kind === 'expired') expirations.add(1)
      timelines.add(group, clock.wallMs(), { kind, memberId, instanceId, clientId })
      const fields = {
        event: `member_${kind}`,
        group,
        member: memberId,
        instance: instanceId,
        client_id: clientText(clientId)
      }
      log.info(`group member ${kind}`, fields)
    },
    offsetsCommitted: (group, count) => cells.consumerGroupOffsetCommits.child(group).add(count),
    offsetsExpired(count) {
      cells.offsetExpirations.add(count)
      log.info('offsets expired', { event: 'offsets_expired', count })
    },
    groupDeleted(group) {
      timelines.forget(group)
      const { consumerGroupRebalances, consumerGroupOffsetCommits, consumerGroupHeartbeatExpirations } = cells
      const counters = [consumerGroupRebalances, consumerGroupOffsetCommits, consumerGroupHeartbeatExpirations]
      for (const family of counters) family.evict(group, (rest, its) => rest.add(its.value))
      log.info('group deleted', { event: 'group_deleted', group })
    }
  }
}

/** Connects the shards' loading to the metrics and to the operator's log. */
export function bindGroupHosts({ cells }: BrokerMetrics, log: Log): HostProbe {
  return {
    loaded(partition, tookMs, records) {
      cells.coordinatorLoad.child('group').observe(tookMs / 1000)
      if (records > 0) log.info('groups loaded', { event: 'groups_loaded', partition, took_ms: tookMs, records })
    },
    skipped(partition, offset, error) {
      const fields = { event: 'group_record_skipped', partition, offset, err: error }
      log.warn('a record of __consumer_offsets is not understood and has no effect', fields)
    },
    loadFailed: (partition, error) =>
      log.error('groups cannot be loaded', { event: 'groups_not_loaded', partition, err: error }),
    bug: error => log.error('a timer of a group failed', { event: 'group_timer_failed', err: error as Error })
  }
}
