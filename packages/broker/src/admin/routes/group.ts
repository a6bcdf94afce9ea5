import type { MemberDescription } from '../../coordinator/group/describe.ts'
import type { PartitionLagView } from '../../coordinator/lag/lag-view.ts'
import type { TimelineEvent } from '../../coordinator/lag/timeline.ts'
import type { BrokerView } from '../../observability/broker-view.ts'
import { failure, json, type Route } from '../route.ts'
import { summariseGroup } from './groups.ts'

export function groupRoute(view: BrokerView): Route {
  return {
    method: 'GET',
    path: '/api/v1/groups/:id',
    summary: 'one consumer group: members and what they own, lag by partition, what happened lately; ?after=EVENT',
    async handle({ params, query }) {
      const afterText = query.get('after') ?? '0'
      const after = /^\d{1,15}$/.test(afterText) ? Number(afterText) : -1
      if (after < 0)
        return failure(400, 'invalid_after', `after must be the id of an event, a whole number; got '${afterText}'`)
      const found = await view.group(params.get('id') ?? '')
      if (found === null) return failure(404, 'unknown_group', 'no group has this id; GET /api/v1/groups lists them')
      const { lag, description, events } = found
      return json(200, {
        ...summariseGroup(lag),
        generation: description.generation,
        protocol: description.protocol,
        members: description.members.map(describeMember),
        offsets: lag.partitions.map(describeOffset),
        timeline: events.filter(({ id }) => id > after).map(describeEvent)
      })
    }
  }
}

function describeMember({ memberId, instanceId, clientId, clientHost, assignment, owned }: MemberDescription): object {
  return {
    member_id: memberId,
    instance_id: instanceId,
    client_id: clientId,
    client_host: clientHost,
    assignment: owned && Object.fromEntries(owned),
    assignment_bytes: assignment.length
  }
}

function describeOffset(of: PartitionLagView): object {
  return {
    topic: of.topic,
    partition: of.partition,
    committed_offset: of.committedOffset,
    metadata: of.metadata,
    committed_at: new Date(of.commitMs).toISOString(),
    start_offset: of.logStartOffset,
    end_offset: of.endOffset,
    lag: of.lag,
    lost_records: of.lostRecords,
    above_end: of.isAboveEnd,
    lag_seconds: of.lagSeconds,
    // JSON has no infinity.
    retention_headroom_seconds: of.headroomSeconds === Number.POSITIVE_INFINITY ? null : of.headroomSeconds,
    status: of.status
  }
}

function describeEvent({ id, timeMs, ...event }: TimelineEvent): object {
  const what =
    'reason' in event
      ? {
          generation: event.generation,
          reason: event.reason,
          ...('durationMs' in event ? { duration_ms: event.durationMs } : {})
        }
      : { member_id: event.memberId, client_id: event.clientId, instance_id: event.instanceId }
  return { id, time: new Date(timeMs).toISOString(), kind: event.kind, ...what }
}
