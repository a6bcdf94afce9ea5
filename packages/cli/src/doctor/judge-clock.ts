import { formatSeconds } from '../output/format.ts'
import { gauge } from '../top/rates.ts'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'
import type { Gathered, HealthFacts } from './gathered.ts'

const CHECK = 'clock'
const WARN_MS = 1_000
const FAIL_MS = 60_000
/** What a broker's timestamp leaves out. */
const RESOLUTION_MS = 1_000
const SYNCHRONIZE = 'synchronize both clocks (chrony, systemd-timesyncd)'

/** The broker's clock against the one here, and what the broker says of its own. */
export function judgeClock({ admin }: Gathered): Finding[] {
  const health = admin?.health.value
  if (!health) return [skipped(CHECK, 'told by the admin port, which was not read')]
  return [judgeOffset(health), ...judgeSteps(admin)]
}

/**
 * By how much the broker's clock is surely off, in milliseconds: positive when it is ahead. 0 for whatever the time of
 * the request and the resolution of the timestamp explain. Null: the timestamp cannot be read.
 */
export function offsetMs({ timestamp, sentMs, receivedMs }: HealthFacts): number | null {
  const from = Date.parse(timestamp)
  if (Number.isNaN(from)) return null
  const least = from - receivedMs
  const most = from + RESOLUTION_MS - sentMs
  if (least > 0) return least
  return most < 0 ? most : 0
}

function judgeOffset(health: HealthFacts): Finding {
  const offset = offsetMs(health)
  if (offset === null) return skipped(CHECK, `the broker's time cannot be read: '${health.timestamp}'`)
  const size = Math.abs(offset)
  if (size <= WARN_MS) return ok(CHECK, `the broker's agrees with the one here (within ${formatSeconds(WARN_MS)})`)
  const found = `the broker's is ${formatSeconds(size)} ${offset > 0 ? 'ahead of' : 'behind'} the one here (expected within ${formatSeconds(WARN_MS)})`
  return (size > FAIL_MS ? failed : warning)(CHECK, `${found}: retention and timestamps go by it`, SYNCHRONIZE)
}

function judgeSteps(admin: Gathered['admin']): Finding[] {
  const now = admin?.metrics.value?.after
  if (!now) return []
  const found: Finding[] = []
  const behind = gauge(now, 'streambus_retention_clock_behind_seconds') ?? 0
  if (behind > 0) {
    const what = `the broker's jumped ahead by ${formatSeconds(behind * 1000)}; retention waits whether that lasts`
    found.push(
      warning(CHECK, what, 'set it right before log.retention.clock.patience.ms is over, or records are deleted')
    )
  }
  const steps = gauge(now, 'streambus_retention_clock_steps_total') ?? 0
  if (steps > 0) found.push(warning(CHECK, `the broker's stepped ${steps} times since the start`, SYNCHRONIZE))
  const refused = gauge(now, 'streambus_invalid_records_total', ({ reason }) => reason === 'timestamp') ?? 0
  if (refused > 0) {
    const what = `${refused} batches were refused since the start for their timestamps (log.message.timestamp.*.max.ms)`
    found.push(warning(CHECK, what, 'look at the clocks of the producers: they date records in the future or far past'))
  }
  return found
}
