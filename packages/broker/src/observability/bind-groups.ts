import type { GroupProbe } from '../coordinator/group/group-probe.ts'
import type { HostProbe } from '../coordinator/runtime/shard-host.ts'
import type { Log } from './log.ts'

/** Connects the group coordinator to the operator's log. */
export function bindGroups(log: Log): { readonly probe: GroupProbe; readonly hostProbe: HostProbe } {
  return {
    probe: {
      rebalanceStarted: (group, reason, member) =>
        log.info('rebalance', { event: 'rebalance_started', group, reason, member }),
      rebalanceEnded: (group, generation, tookMs) =>
        log.info('rebalance done', { event: 'rebalance_ended', group, generation, took_ms: tookMs }),
      member: (group, what, member, instance) =>
        log.info(`member ${what}`, { event: `member_${what}`, group, member, instance }),
      offsetsCommitted() {},
      offsetsExpired: count => log.info('offsets expired', { event: 'offsets_expired', count }),
      groupDeleted: group => log.info('group deleted', { event: 'group_deleted', group })
    },
    hostProbe: {
      loaded(partition, tookMs, records) {
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
}
