import fs from 'node:fs'
import { linesOf, seriesOf, valuesAt } from './logql/evaluate.ts'
import { parseLogql } from './logql/parse.ts'
import type { DataSource, LogLine } from './series.ts'

/** What of each file is read: its end. */
const BYTES_MAX = 8 << 20
/** What docker/alloy makes labels of; everything else stays in the line. */
const LABELS = ['service', 'level', 'broker_id', 'cluster'] as const

/** Log files of brokers in the place of Loki: the same queries, answered from the same lines. */
export function logFiles(files: readonly string[]): DataSource {
  return {
    range(expr, range) {
      const query = parseLogql(expr)
      const lines = readAll(files).filter(({ atMs }) => atMs > range.fromMs - range.stepMs && atMs <= range.toMs)
      if (query.kind === 'log') return Promise.resolve({ series: [], lines: linesOf(query, lines) })
      return Promise.resolve({ series: seriesOf(query, lines, range), lines: [] })
    },
    instant(expr, { toMs }) {
      const query = parseLogql(expr)
      if (query.kind === 'log') throw new Error('lines are asked for with a range')
      const values = valuesAt(query, readAll(files), toMs)
      return Promise.resolve({
        lines: [],
        series: values.map(({ labels, value }) => ({ name: '', labels, points: [[toMs, value]] }))
      })
    },
    labelValues(_selector, label) {
      return Promise.resolve([...new Set(readAll(files).flatMap(({ labels }) => labels[label] ?? []))].toSorted())
    }
  }
}

function readAll(files: readonly string[]): readonly LogLine[] {
  return files.flatMap(readEnd).flatMap(parseLine)
}

function readEnd(file: string): readonly string[] {
  const descriptor = fs.openSync(file, 'r')
  try {
    const { size } = fs.fstatSync(descriptor)
    const buffer = Buffer.alloc(Math.min(size, BYTES_MAX))
    fs.readSync(descriptor, buffer, 0, buffer.length, size - buffer.length)
    const lines = buffer.toString('utf8').split('\n')
    // The first one may have been cut.
    return size > BYTES_MAX ? lines.slice(1) : lines
  } finally {
    fs.closeSync(descriptor)
  }
}

/** A line without a time of its own has none here: nobody was there to note when it came. */
function parseLine(line: string): LogLine[] {
  let fields: Readonly<Record<string, unknown>>
  try {
    fields = JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch {
    return []
  }
  const atMs = Date.parse(String(fields['timestamp']))
  if (Number.isNaN(atMs)) return []
  const labels = LABELS.flatMap(label => {
    const value = fields[label]
    return typeof value === 'string' || typeof value === 'number' ? [[label, String(value)] as const] : []
  })
  return [{ atMs, labels: Object.fromEntries(labels), line }]
}
