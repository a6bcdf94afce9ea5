import type { GroupLagView } from '../../coordinator/lag/lag-view.ts'
import type { BrokerView } from '../../observability/broker-view.ts'
import { PAGE_LIMIT_MAX, pageLimit } from '../page-limit.ts'
import { json, type Route } from '../route.ts'

/** The groups coordinated here in the order of their ids, a page at a time. */
export function groupsRoute(view: BrokerView): Route {
  return {
    method: 'GET',
    path: '/api/v1/groups',
    summary: `consumer groups with their lag; ?after=ID&limit=1…${PAGE_LIMIT_MAX} for pages`,
    async handle({ query }) {
      const limit = pageLimit(query)
      if (typeof limit !== 'number') return limit
      const after = query.get('after') ?? ''
      const all = [...(await view.groups())].sort((a, b) => (a.group.groupId < b.group.groupId ? -1 : 1))
      const left = after === '' ? all : all.filter(({ group }) => group.groupId > after)
      const page = left.slice(0, limit)
      const nextAfter = left.length > limit ? (page.at(-1)?.group.groupId ?? null) : null
      return json(200, { groups: page.map(summariseGroup), total: all.length, next_after: nextAfter })
    }
  }
}

export function summariseGroup({ group, memberCount, lag, lagSeconds, status, trend }: GroupLagView): object {
  return {
    group: group.groupId,
    type: group.type,
    state: group.stateName,
    protocol_type: group.protocolTypeName,
    members: memberCount,
    lag,
    lag_seconds: lagSeconds,
    status,
    trend: trend && { direction: trend.direction, records_per_second: trend.recordsPerSecond }
  }
}
