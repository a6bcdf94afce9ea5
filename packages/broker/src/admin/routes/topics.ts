import type { BrokerView, TopicView } from '../../observability/broker-view.ts'
import { PAGE_LIMIT_MAX, pageLimit } from '../page-limit.ts'
import { json, type Route } from '../route.ts'

/** Topics in the order of their names, a page at a time. */
export function topicsRoute(view: BrokerView): Route {
  return {
    method: 'GET',
    path: '/api/v1/topics',
    summary: `topics; ?after=NAME&limit=1…${PAGE_LIMIT_MAX} for pages`,
    handle({ query }) {
      const limit = pageLimit(query)
      if (typeof limit !== 'number') return limit
      const names = view.topicNames()
      const after = query.get('after') ?? ''
      const start = after === '' ? 0 : names.findIndex(name => name > after)
      const page = start === -1 ? [] : names.slice(start, start + limit)
      const topics = page.map(name => view.topic(name)).filter(topic => topic !== null)
      const isLast = start === -1 || start + limit >= names.length
      return json(200, { topics: topics.map(summarise), total: names.length, next_after: isLast ? null : page.at(-1) })
    }
  }
}

function summarise({ name, id, isInternal, partitions }: TopicView): object {
  let sizeBytes = 0
  for (const { local } of partitions) sizeBytes += local?.sizeBytes ?? 0
  return {
    name,
    id,
    internal: isInternal,
    partitions: partitions.length,
    replication_factor: partitions[0]?.replicas.length ?? 0,
    local_size_bytes: sizeBytes
  }
}
