import { formatBytes, formatCount, formatSeconds } from '../output/format.ts'
import { type Column, renderTable } from '../output/table.ts'
import type { Flow, GroupReading, Reading } from './reading.ts'

/** Rows of each list. */
const ROWS_MAX = 8
const NONE = '-'

/** The reading as lines for a terminal; `title` is the first of them. */
export function screenOf(reading: Reading, title: string): string[] {
  const { broker, disk, errorsPerSecond } = reading
  const capacity = disk.usedBytes === null || disk.availableBytes === null ? null : disk.usedBytes + disk.availableBytes
  const used = capacity === null || capacity === 0 ? null : (disk.usedBytes ?? 0) / capacity
  return [
    title,
    '',
    facts([
      ['version', broker.version],
      ['up', broker.uptimeSeconds === null ? NONE : duration(broker.uptimeSeconds)],
      ['connections', count(broker.connections)],
      ['requests under way', count(broker.activeRequests)],
      ['errors', perSecond(errorsPerSecond)]
    ]),
    facts([
      ['cpu', broker.cpuCores === null ? NONE : `${broker.cpuCores.toFixed(2)} cores`],
      ['event loop', share(broker.loopBusy)],
      ['memory', bytes(broker.memoryBytes)],
      ['disk', `${bytes(disk.usedBytes)} used, ${bytes(disk.availableBytes)} free (${share(used)})`]
    ]),
    '',
    ...renderTable(FLOW_COLUMNS, [
      { name: 'produce', ...reading.produce },
      { name: 'consume', ...reading.consume }
    ]),
    '',
    ...list(REQUEST_COLUMNS, reading.requests, 'no requests'),
    '',
    ...list(TOPIC_COLUMNS, reading.topics, 'no topic has traffic'),
    '',
    ...list(GROUP_COLUMNS, reading.groups, 'no consumer groups')
  ]
}

const FLOW_COLUMNS: readonly Column<Flow & { readonly name: string }>[] = [
  { title: '', value: row => row.name },
  { title: 'MESSAGES/S', value: row => perSecond(row.messages), align: 'right' },
  { title: 'BYTES/S', value: row => bytes(row.bytes), align: 'right' },
  { title: 'P50', value: row => latency(row.p50Seconds), align: 'right' },
  { title: 'P99', value: row => latency(row.p99Seconds), align: 'right' }
]

const REQUEST_COLUMNS: readonly Column<Reading['requests'][number]>[] = [
  { title: 'REQUEST', value: row => row.api },
  { title: 'PER SECOND', value: row => perSecond(row.perSecond), align: 'right' }
]

const TOPIC_COLUMNS: readonly Column<Reading['topics'][number]>[] = [
  { title: 'TOPIC', value: row => row.topic },
  { title: 'IN/S', value: row => bytes(row.bytesIn), align: 'right' },
  { title: 'OUT/S', value: row => bytes(row.bytesOut), align: 'right' }
]

const GROUP_COLUMNS: readonly Column<GroupReading>[] = [
  { title: 'GROUP', value: row => row.group },
  { title: 'LAG', value: row => formatCount(row.lag), align: 'right' },
  { title: 'BEHIND', value: row => (row.lagSeconds === null ? NONE : duration(row.lagSeconds)), align: 'right' },
  { title: 'STATUS', value: row => row.status }
]

function list<Row>(columns: readonly Column<Row>[], rows: readonly Row[], none: string): string[] {
  if (rows.length === 0) return [none]
  const lines = renderTable(columns, rows.slice(0, ROWS_MAX))
  return rows.length <= ROWS_MAX ? lines : [...lines, `… ${rows.length - ROWS_MAX} more`]
}

function facts(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name} ${value}`).join('   ')
}

function count(value: number | null): string {
  return value === null ? NONE : formatCount(value)
}

function perSecond(value: number | null): string {
  if (value === null) return NONE
  return value > 0 && value < 10 ? value.toFixed(1) : formatCount(Math.round(value))
}

function bytes(value: number | null): string {
  return value === null ? NONE : formatBytes(Math.round(value))
}

function share(value: number | null): string {
  return value === null ? NONE : `${(value * 100).toFixed(0)} %`
}

function latency(seconds: number | null): string {
  if (seconds === null) return NONE
  return seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : 1)} ms` : formatSeconds(seconds * 1000)
}

/** 93784 → '1d 2h'. */
function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1]
  ] as const
  const at = units.findIndex(([, size]) => seconds >= size)
  if (at === -1) return seconds > 0 ? `${seconds.toFixed(1)}s` : '0s'
  const [name, size] = units[at] as (typeof units)[number]
  const next = units[at + 1]
  const rest = next === undefined ? 0 : Math.floor((seconds % size) / next[1])
  return `${Math.floor(seconds / size)}${name}${next === undefined || rest === 0 ? '' : ` ${rest}${next[0]}`}`
}
