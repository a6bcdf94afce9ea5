import { formatBytes, formatCount, formatSeconds } from '../output/format.ts'
import { type Column, renderTable } from '../output/table.ts'
import type { Flow, GroupReading, Reading } from './reading.ts'

/** Rows of each list. */
const ROWS_MAX = 8
const NONE = '-'

export interface ScreenSize {
  /** Names are cut so that numbers stay within it. */
  readonly columns?: number
  /** Lists are shortened so that each of them has some of it. */
  readonly rows?: number
}

/** The reading as lines for a terminal; `title` is the first of them. */
export function screenOf(reading: Reading, title: string, size: ScreenSize = {}): string[] {
  const { columns = Number.POSITIVE_INFINITY, rows = Number.POSITIVE_INFINITY } = size
  const head = headOf(reading, title)
  const lists: readonly List[] = [
    { rows: reading.requests.length, show: lines => list(REQUEST_COLUMNS, reading.requests, { lines, columns }) },
    { rows: reading.topics.length, show: lines => list(TOPIC_COLUMNS, reading.topics, { lines, columns }) },
    { rows: reading.groups.length, show: lines => list(GROUP_COLUMNS, reading.groups, { lines, columns }) }
  ]
  const none = ['no requests', 'no topic has traffic', 'no consumer groups']
  // An empty line before each, and a line of titles.
  const lines = sharesOf(
    lists.map(each => Math.min(each.rows, ROWS_MAX + 1)),
    rows - head.length - 2 * lists.length
  )
  return [
    ...head,
    ...lists.flatMap((each, at) => ['', ...(each.rows === 0 ? [none[at] ?? ''] : each.show(lines[at] ?? 0))])
  ]
}

interface List {
  readonly rows: number
  /** In so many lines below the titles. */
  readonly show: (lines: number) => string[]
}

/** Gives `room` lines away one by one, in turn, to those that still want one; each gets one at least. */
function sharesOf(wanted: readonly number[], room: number): number[] {
  const shares = wanted.map(count => Math.min(count, 1))
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  let left = Math.min(room, sum(wanted)) - sum(shares)
  while (left > 0) {
    for (const [at, count] of wanted.entries()) {
      if (left <= 0 || (shares[at] ?? 0) >= count) continue
      shares[at] = (shares[at] ?? 0) + 1
      left--
    }
  }
  return shares
}

function headOf({ broker, disk, errorsPerSecond, produce, consume }: Reading, title: string): string[] {
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
      ['memory', bytes(broker.memoryBytes)]
    ]),
    facts([['disk', `${bytes(disk.usedBytes)} used, ${bytes(disk.availableBytes)} free (${share(disk.freeShare)})`]]),
    '',
    ...renderTable(FLOW_COLUMNS, [
      { name: 'produce', ...produce },
      { name: 'consume', ...consume }
    ])
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
  { title: 'REQUEST', value: row => row.api, cuts: true },
  { title: 'PER SECOND', value: row => perSecond(row.perSecond), align: 'right' }
]

const TOPIC_COLUMNS: readonly Column<Reading['topics'][number]>[] = [
  { title: 'TOPIC', value: row => row.topic, cuts: true },
  { title: 'IN/S', value: row => bytes(row.bytesIn), align: 'right' },
  { title: 'OUT/S', value: row => bytes(row.bytesOut), align: 'right' }
]

const GROUP_COLUMNS: readonly Column<GroupReading>[] = [
  { title: 'GROUP', value: row => row.group, cuts: true },
  { title: 'LAG', value: row => formatCount(row.lag), align: 'right' },
  { title: 'BEHIND', value: row => (row.lagSeconds === null ? NONE : duration(row.lagSeconds)), align: 'right' },
  { title: 'STATUS', value: row => row.status }
]

function list<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  size: { readonly lines: number; readonly columns: number }
): string[] {
  const shown = rows.length <= size.lines ? rows.length : size.lines - 1
  const lines = renderTable(columns, rows.slice(0, shown), size.columns)
  return shown === rows.length ? lines : [...lines, `… ${rows.length - shown} more`]
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
