import type { BrokerView, TopicView } from '../../observability/broker-view.ts'
import { failure, json, type Route } from '../route.ts'

const LIMIT_MAX = 1_000

/** Topics in the order of their names, a page at a time. */
export function topicsRoute(view: BrokerView): Route {
  return {
    method: 'GET',
    path: '/api/v1/topics',
    summary: `topics; ?after=NAME&limit=1…${LIMIT_MAX} for pages`,
    handle({ query }) {
      const limit = parseLimit(query.get('limit'))
      if (limit === null) return failure(400, 'invalid_limit', `limit must be a whole number from 1 to ${LIMIT_MAX}`)
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

function parseLimit(text: string | null): number | null {
  if (text === null) return LIMIT_MAX
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= LIMIT_MAX ? limit : null
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
