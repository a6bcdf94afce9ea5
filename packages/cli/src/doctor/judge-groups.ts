import { formatCount, formatSeconds } from '../output/format.ts'
import { shellArguments } from '../output/shell.ts'
import { gauge } from '../top/rates.ts'
import { type Finding, failed, ok, warning, withoutMetrics } from './finding.ts'
import type { Gathered } from './gathered.ts'

const CHECK = 'groups'
const HEADROOM_SECONDS_MIN = 3_600

const STATUSES: Readonly<Record<string, string>> = {
  STOP: 'has stopped committing',
  STALL: 'commits again and again the same offset'
}

/** Groups that are about to lose records to retention, and groups that do not get on. */
export function judgeGroups({ admin }: Gathered): Finding[] {
  const now = admin?.metrics.value?.after
  if (!now) return [withoutMetrics(CHECK)]
  const { scrape } = now
  const groups = (scrape.get('streambus_consumer_group_lag') ?? []).filter(({ labels }) => labels['group'] !== '')
  const lagOf = (group = ''): number =>
    gauge(now, 'streambus_consumer_group_lag', labels => labels['group'] === group) ?? 0
  const late = (scrape.get('streambus_consumer_group_retention_headroom_seconds') ?? [])
    .filter(({ value }) => value < HEADROOM_SECONDS_MIN)
    .map(({ labels: { group, topic }, value }) => {
      const wayOut = `speed its consumers up, or lengthen retention.ms of ${topic}`
      if (value <= 0) return failed(CHECK, `${group}: retention takes records of ${topic} that it has not read`, wayOut)
      const left = formatSeconds(value * 1000)
      const found = `${group}: retention takes unread records of ${topic} in ${left} (expected 1 h or more)`
      return warning(CHECK, found, wayOut)
    })
  const stuck = (scrape.get('streambus_consumer_group_status') ?? [])
    .filter(({ labels, value }) => value === 1 && STATUSES[labels['status'] ?? ''] !== undefined)
    .map(({ labels: { group, status } }) => {
      const found = `${group} ${STATUSES[status ?? '']} (${status}) with a lag of ${formatCount(lagOf(group))}`
      const command = `streambus group describe ${shellArguments([group ?? ''])}`
      return warning(CHECK, found, `look at its consumers: ${command}`)
    })
  const found = [...late, ...stuck]
  if (found.length > 0) return found
  return [
    ok(CHECK, groups.length === 0 ? 'none' : `${formatCount(groups.length)}, all with time to read on and getting on`)
  ]
}
