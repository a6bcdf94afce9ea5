import type { Clock } from '@streambus/base'
import { CONTENT_TYPES, negotiate, writeSnapshot } from '@streambus/metrics'
import type { BrokerView } from '../../observability/broker-view.ts'
import { detailedSeries } from '../../observability/detailed-series.ts'
import { detailedQuery } from '../detailed-query.ts'
import { type AdminResponse, failure, type Route } from '../route.ts'
import { metricsAreOff } from './metrics.ts'

/** Series of one answer: about 10 MB of text, and 30 MB of memory until they are sent. */
export const DETAILED_SERIES_MAX = 100_000
/** Answers at a time: as many as a pair of Prometheus servers needs. */
const ANSWERS_MAX = 2
/** Fewer than of /metrics: none of them has been written before. */
const LINES_PER_TURN = 1_000
const RETRY_AFTER = { 'Retry-After': '1' }

export interface DetailedSources {
  readonly view: Pick<BrokerView, 'brokerId' | 'topicNames' | 'topic' | 'groups'>
  readonly clock: Clock
  /** metrics.enabled */
  readonly isEnabled: boolean
  readonly seriesMax?: number
}

/** Whole families that /metrics limits, as far as they are asked for; computed and written in turns. */
export function metricsDetailedRoute(sources: DetailedSources): Route {
  const { view, clock, isEnabled, seriesMax = DETAILED_SERIES_MAX } = sources
  let answers = 0
  return {
    method: 'GET',
    path: '/metrics/detailed',
    summary: 'metrics of all topics, partitions and groups: ?family=NAME&topic=NAME&group=NAME, each NAME or START*',
    hasNoHead: true,
    async handle({ query, accept, signal }) {
      if (!isEnabled) return metricsAreOff()
      const asked = detailedQuery(query)
      if ('status' in asked) return asked
      if (answers >= ANSWERS_MAX || signal.aborted) return busy()
      answers++
      signal.addEventListener('abort', () => void answers--, { once: true })
      const listings = await detailedSeries({ view, clock, seriesMax }, asked)
      if (listings === null) return tooMany(seriesMax)
      const format = negotiate(accept)
      const pieces = writeSnapshot(listings, format, LINES_PER_TURN)
      return { status: 200, contentType: CONTENT_TYPES[format], text: '', stream: inTurnsOf(pieces, clock) }
    }
  }
}

function busy(): AdminResponse {
  const message = `${ANSWERS_MAX} detailed answers are under way, which is all there may be; ask again in a second`
  return { ...failure(503, 'busy', message), headers: RETRY_AFTER }
}

function tooMany(seriesMax: number): AdminResponse {
  const message = `more than ${seriesMax} series would be in this answer; ask for fewer families, topics or groups`
  return failure(400, 'too_many_series', message, { limit: seriesMax })
}

async function* inTurnsOf(pieces: Iterable<string>, clock: Clock): AsyncGenerator<string> {
  let isFirst = true
  for (const piece of pieces) {
    if (!isFirst) await new Promise<void>(resolve => void clock.after(0, resolve))
    isFirst = false
    yield piece
  }
}
