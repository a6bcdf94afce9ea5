import { formatBytes } from '../output/format.ts'
import { gauge, type Moment } from '../top/rates.ts'
import { type Finding, failed, listed, ok, skipped, warning } from './finding.ts'
import type { BrokerFacts, Gathered, LogDirectoryFacts, Settings } from './gathered.ts'

const CHECK = 'disk'
/** As the broker caps its two settings: a small disk is not refused below its whole size. */
const WARN_SHARE_MAX = 0.15
const REFUSE_SHARE_MAX = 0.05
/** Without those settings, as with Apache Kafka. */
const FREE_SHARE_MIN = 0.1
const INODES_SHARE = { warning: 0.1, failed: 0.02 } as const
const SYNC_SECONDS = { warning: 5, failed: 30 } as const
const MAKE_ROOM = 'make room: shorter retention, fewer topics, or a larger disk'

/** Log directories of every broker, then what metrics say of those of the broker behind the admin port. */
export function judgeDisks({ brokers, admin }: Gathered): Finding[] {
  const spaces = brokers.flatMap(broker => judgeBroker(broker))
  const now = admin?.metrics.value?.after
  return [...(spaces.length === 0 ? [skipped(CHECK, 'no broker answers')] : spaces), ...(now ? judgeMetrics(now) : [])]
}

function judgeBroker({ id, logDirectories, settings }: BrokerFacts): Finding[] {
  if (logDirectories === null) return []
  if (logDirectories.error !== null) {
    return [skipped(CHECK, `broker ${id} does not describe its log directories: ${logDirectories.error.message}`)]
  }
  return logDirectories.value.map(directory =>
    judgeSpace(`broker ${id}, ${directory.path}`, directory, settings?.value)
  )
}

function judgeSpace(where: string, directory: LogDirectoryFacts, settings: Settings | null | undefined): Finding {
  const { error, totalBytes, usableBytes } = directory
  if (error !== null) {
    const wayOut = 'mount or repair it and start the broker again; log.dirs.lost accepts the loss'
    return failed(CHECK, `${where} is offline (${error})`, wayOut)
  }
  if (totalBytes <= 0 || usableBytes < 0) return skipped(CHECK, `${where}: the broker does not know its free space`)
  const { warnBelow, refuseBelow } = limitsOf(totalBytes, settings)
  const share = Math.round((usableBytes / totalBytes) * 100)
  const found = `${where}: ${formatBytes(usableBytes)} of ${formatBytes(totalBytes)} free (${share} %)`
  if (usableBytes < refuseBelow) {
    return failed(CHECK, `${found}: producers are refused below ${formatBytes(refuseBelow)}`, MAKE_ROOM)
  }
  if (usableBytes < warnBelow) {
    const limit = refuseBelow > 0 ? `, and producers are refused below ${formatBytes(refuseBelow)}` : ''
    return warning(CHECK, `${found}: expected above ${formatBytes(warnBelow)}${limit}`, MAKE_ROOM)
  }
  return ok(CHECK, found)
}

/** In bytes. */
function limitsOf(totalBytes: number, settings: Settings | null | undefined) {
  const refuse = settings?.get('log.dir.free.refuse.bytes')
  const warn = settings?.get('log.dir.free.warn.bytes')
  if (refuse === undefined || warn === undefined) return { warnBelow: totalBytes * FREE_SHARE_MIN, refuseBelow: 0 }
  const refuseBelow = Math.min(Number(refuse), totalBytes * REFUSE_SHARE_MAX)
  // Near the refusal is worth a word even when log.dir.free.warn.bytes=0.
  return { refuseBelow, warnBelow: Math.max(Math.min(Number(warn), totalBytes * WARN_SHARE_MAX), refuseBelow * 1.5) }
}

function judgeMetrics(now: Moment): Finding[] {
  return [...judgeRefusals(now), ...judgeSyncs(now), ...judgeInodes(now), ...judgeErrors(now), ...judgeDamage(now)]
}

function judgeRefusals({ scrape }: Moment): Finding[] {
  const refused = (scrape.get('streambus_log_dir_writes_refused') ?? []).filter(({ value }) => value === 1)
  return refused.map(({ labels }) =>
    failed(
      CHECK,
      `producers of ${labels['log_dir']} are refused now (reason ${labels['reason']})`,
      labels['reason'] === 'stall' ? 'look at the device: its syncs do not end' : MAKE_ROOM
    )
  )
}

function judgeSyncs({ scrape }: Moment): Finding[] {
  const running = scrape.get('streambus_log_dir_sync_running_seconds') ?? []
  const slow = running.filter(({ value }) => value >= SYNC_SECONDS.warning)
  const wayOut = 'look at the device and what else uses it (iostat, dmesg)'
  const stuck = slow.map(({ labels, value }) => {
    const found = `${labels['log_dir']}: a sync has been under way for ${value.toFixed(1)} s (expected below ${SYNC_SECONDS.warning} s)`
    return (value >= SYNC_SECONDS.failed ? failed : warning)(CHECK, found, wayOut)
  })
  const stalled = (scrape.get('streambus_log_dir_stalls_total') ?? []).filter(({ value }) => value > 0)
  const past = stalled.map(({ labels, value }) =>
    warning(
      CHECK,
      `${labels['log_dir']}: ${value} syncs took longer than log.dir.stall.warn.ms since the start`,
      wayOut
    )
  )
  return [...stuck, ...past]
}

function judgeInodes({ scrape }: Moment): Finding[] {
  const free = new Map(
    (scrape.get('streambus_log_dir_free_inodes') ?? []).map(({ labels, value }) => [labels['log_dir'], value])
  )
  return (scrape.get('streambus_log_dir_total_inodes') ?? []).flatMap(({ labels, value: total }) => {
    const left = free.get(labels['log_dir'])
    // Some filesystems make inodes as needed and say 0.
    if (left === undefined || !(total > 0)) return []
    const found = `${labels['log_dir']}: ${left} of ${total} inodes free`
    if (left >= total * INODES_SHARE.warning) return [ok(CHECK, found)]
    const judge = left < total * INODES_SHARE.failed ? failed : warning
    return [
      judge(CHECK, `${found} (expected above 10 %)`, 'delete small files on that filesystem, or use larger segments')
    ]
  })
}

function judgeErrors({ scrape }: Moment): Finding[] {
  const errors = (scrape.get('streambus_storage_errors_total') ?? []).filter(({ value }) => value > 0)
  return errors.map(({ labels, value }) =>
    warning(
      CHECK,
      `${labels['op']} failed ${value} times with ${labels['code']} since the start`,
      'look at the device (dmesg) and the log of the broker'
    )
  )
}

function judgeDamage(now: Moment): Finding[] {
  const damaged = gauge(now, 'streambus_log_corruptions_total') ?? 0
  if (damaged === 0) return []
  const wayOut =
    'the log of the broker names the files; `streambus verify-log DIRECTORY` on the stopped broker says more'
  return [warning(CHECK, `damage was found in files ${damaged} times since the start`, wayOut)]
}

/** Partitions nobody can use, and those with fewer copies than they should have. */
export function judgePartitions({ metadata, admin }: Gathered): Finding[] {
  const partitions = metadata?.value?.partitions
  if (partitions === undefined) return [skipped('partitions', 'the metadata could not be read')]
  const leaderless = partitions.filter(({ leaderId }) => leaderId < 0).map(({ name }) => name)
  const lagging = partitions.filter(({ inSync, replicas }) => inSync < replicas).map(({ name }) => name)
  const now = admin?.metrics.value?.after
  const offline = now ? (gauge(now, 'streambus_offline_partitions') ?? 0) : 0
  const found: Finding[] = []
  if (leaderless.length > 0) {
    found.push(failed('partitions', `without a leader: ${listed(leaderless)}`, 'start the brokers that hold them'))
  }
  if (offline > 0) {
    const wayOut = 'the log of the broker says why; damaged files are set aside, never deleted'
    found.push(
      failed('partitions', `${offline} are offline on the broker: damaged, or their directory is missing`, wayOut)
    )
  }
  if (lagging.length > 0) {
    found.push(
      warning('partitions', `not all replicas are in sync: ${listed(lagging)}`, 'start or mend the brokers that lag')
    )
  }
  return found.length > 0 ? found : [ok('partitions', `all ${partitions.length} have a leader and all their copies`)]
}
