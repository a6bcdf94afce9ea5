import { formatCount } from '../output/format.ts'
import { rate } from '../top/rates.ts'
import { type Finding, ok, warning, withoutMetrics } from './finding.ts'
import type { Gathered } from './gathered.ts'

const CHECK = 'requests'
const READ_LOG = 'the log of the broker says why'

/** Requests that the broker itself failed: those that ended a connection since its start, and errors it gives now. */
export function judgeRequests({ admin }: Gathered): Finding[] {
  const interval = admin?.metrics.value
  if (!interval) return [withoutMetrics(CHECK)]
  const failures = (interval.after.scrape.get('streambus_request_failures_total') ?? []).filter(
    ({ value }) => value > 0
  )
  const broken = failures.map(({ labels, value }) => {
    const found = `${formatCount(value)} requests of ${labels['api']} failed since the start and ended their connections`
    return warning(CHECK, found, `${READ_LOG}; please report it`)
  })
  const errors = (interval.after.scrape.get('streambus_request_errors_total') ?? [])
    .filter(({ labels }) => labels['class'] === 'server')
    .flatMap(({ labels: { api, error } }) => {
      const now = rate(
        interval,
        'streambus_request_errors_total',
        each => each['api'] === api && each['error'] === error
      )
      if (now === null || now === 0) return []
      return [warning(CHECK, `${api} is answered with ${error} ${now.toFixed(1)} times a second`, READ_LOG)]
    })
  const found = [...broken, ...errors]
  return found.length > 0 ? found : [ok(CHECK, 'the broker fails none')]
}
