import { formatBytes, formatCount } from '../output/format.ts'
import { gauge, type Moment } from '../top/rates.ts'
import { type Finding, judged, type Levels, ok, skipped, stateAbove, warning, withoutMetrics } from './finding.ts'
import type { Gathered } from './gathered.ts'

const SHARE: Levels = { warning: 0.8, failed: 0.95 }
/** What the broker keeps of its descriptors for files, and of those for anything but segments. */
const FILES_SHARE = 0.25
const FILES_MIN = 64
/** Below this a broker works and has no reserve. */
const DESCRIPTORS_MIN = 4_096

/** Descriptors, connections, memory and heap of the broker behind the admin port, each against its limit. */
export function judgeLimits({ admin }: Gathered): Finding[] {
  const now = admin?.metrics.value?.after
  if (!now) return [withoutMetrics('limits')]
  return [...judgeDescriptors(now), ...judgeConnections(now), ...judgeMemory(now), judgeHeap(now)]
}

function judgeDescriptors(now: Moment): Finding[] {
  const check = 'descriptors'
  const open = gauge(now, 'process_open_fds')
  const max = known(gauge(now, 'process_max_fds'))
  if (open === null || max === null) return [skipped(check, 'the broker does not know its open files')]
  const wayOut = 'raise the limit of open files (ulimit -n, LimitNOFILE=) and start the broker again'
  const share = judged(check, stateAbove(open / max, SHARE), {
    found: `${formatCount(open)} of at most ${formatCount(max)} open (${percent(open / max)}; expected below ${percent(SHARE.warning)})`,
    wayOut
  })
  const segments = gauge(now, 'streambus_segments') ?? 0
  const files = Math.max(FILES_MIN, Math.ceil(max * FILES_SHARE)) - FILES_MIN / 2
  if (max >= DESCRIPTORS_MIN && segments <= files) return [share]
  const found =
    segments > files
      ? `${formatCount(segments)} segments share ${formatCount(files)} open files, a quarter of at most ${formatCount(max)}: they are opened again and again`
      : `at most ${formatCount(max)} (expected ${formatCount(DESCRIPTORS_MIN)} or more)`
  return [share, warning(check, found, wayOut)]
}

function judgeConnections(now: Moment): Finding[] {
  const check = 'connections'
  const limits = now.scrape.get('streambus_connections_limit') ?? []
  if (limits.length === 0) return [skipped(check, 'the broker has no metric of its limit')]
  const configured = gauge(now, 'streambus_config_value', ({ key }) => key === 'max.connections')
  const found = limits.flatMap(({ labels, value: max }): Finding[] => {
    const listener = labels['listener'] ?? ''
    const active = gauge(now, 'streambus_connections_active', each => each['listener'] === listener) ?? 0
    const share = judged(check, stateAbove(active / max, { warning: SHARE.warning, failed: 1 }), {
      found: `${listener}: ${formatCount(active)} of at most ${formatCount(max)} (expected below ${percent(SHARE.warning)})`,
      wayOut: 'raise max.connections, or find the client that opens so many'
    })
    if (configured === null || max >= configured) return [share]
    const capped = `${listener}: the limit of open files allows ${formatCount(max)} of max.connections=${formatCount(configured)}`
    return [share, warning(check, capped, 'raise the limit of open files (ulimit -n, LimitNOFILE=)')]
  })
  const rejected = (now.scrape.get('streambus_connections_rejected_total') ?? []).filter(({ value }) => value > 0)
  const refusals = rejected.map(({ labels, value }) =>
    warning(
      check,
      `${labels['listener']}: ${formatCount(value)} refused since the start (${labels['reason']})`,
      'raise the limit of that name, or find the client that opens so many'
    )
  )
  return [...found, ...refusals]
}

function judgeMemory(now: Moment): Finding[] {
  const check = 'memory'
  const resident = known(gauge(now, 'process_resident_memory_bytes'))
  const limit = known(gauge(now, 'streambus_memory_limit_bytes'))
  if (resident === null || limit === null) return [skipped(check, 'the broker does not know how much it may have')]
  const share = judged(check, stateAbove(resident / limit, SHARE), {
    found: `${formatBytes(resident)} of at most ${formatBytes(limit)} (${percent(resident / limit)}; expected below ${percent(SHARE.warning)})`,
    wayOut: 'give the container or the machine more, or lower queued.max.request.bytes and output.bytes.max'
  })
  const heap = known(gauge(now, 'nodejs_heap_limit_bytes')) ?? 0
  const setting = (name: string): number => gauge(now, 'streambus_config_value', ({ key }) => key === name) ?? 0
  const buffers = setting('queued.max.request.bytes') + setting('output.bytes.max')
  if (heap + buffers <= limit) return [share]
  const found = `heap (${formatBytes(heap)}) and buffers (${formatBytes(buffers)}) may together take more than the ${formatBytes(limit)} there are: the kernel would end the broker`
  const wayOut = 'lower the heap (NODE_OPTIONS=--max-old-space-size=MIB), queued.max.request.bytes or output.bytes.max'
  return [share, warning(check, found, wayOut)]
}

function judgeHeap(now: Moment): Finding {
  const used = gauge(now, 'nodejs_heap_size_used_bytes')
  const limit = known(gauge(now, 'nodejs_heap_limit_bytes'))
  if (used === null || limit === null) return skipped('heap', 'the broker has no metric of it')
  const found = `${formatBytes(used)} of at most ${formatBytes(limit)} (${percent(used / limit)})`
  if (used / limit < SHARE.warning) return ok('heap', found)
  return judged('heap', stateAbove(used / limit, SHARE), {
    found: `${found}; expected below ${percent(SHARE.warning)}: at the limit the process ends`,
    wayOut: 'raise it (NODE_OPTIONS=--max-old-space-size=MIB), or take a heap snapshot to see what holds it'
  })
}

/** Null for a limit that is not known or is none: metrics say 0, NaN or +Inf then. */
function known(value: number | null): number | null {
  return value !== null && value > 0 && Number.isFinite(value) ? value : null
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
