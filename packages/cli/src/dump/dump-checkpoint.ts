import { readFileSync } from 'node:fs'
import { markerProblem, readCheckpointText } from '@streambus/storage-log'
import type { DumpFile } from './file-kinds.ts'
import type { Fact, Report } from './report.ts'

interface CheckpointShape {
  readonly item: string
  /** A row begins with this, before its numbers. */
  readonly name: string | null
  readonly numbers: readonly string[]
}

const SHAPES: Partial<Record<DumpFile['kind'], CheckpointShape>> = {
  epochs: { item: 'epoch', name: null, numbers: ['epoch', 'startOffset'] },
  'log-start': { item: 'log start', name: null, numbers: ['offset'] },
  'offset-checkpoint': { item: 'partition', name: 'topic', numbers: ['partition', 'offset'] },
  manifest: { item: 'segment', name: 'what', numbers: ['value'] }
}

/** Text files in Kafka's checkpoint format: version, number of rows, rows; in ours a checksum line follows. */
export function dumpCheckpoint({ path, kind }: DumpFile, report: Report): void {
  const shape = SHAPES[kind]
  if (shape === undefined) return
  const bytes = readFileSync(path)
  report.begin(path)
  const row = { numbers: shape.numbers.length, isNamed: shape.name !== null, needsChecksum: false }
  const text = readCheckpointText(bytes, row)
  for (const [i, row] of text.rows.entries()) {
    const facts: Record<string, Fact> = shape.name === null ? {} : { [shape.name]: text.names[i] ?? '' }
    for (const [column, name] of shape.numbers.entries()) facts[name] = row[column] ?? 0
    report.item(shape.item, facts)
  }
  if (text.problem !== null) report.problem(text.problem.at, text.problem.message)
  report.end({ file: path, bytes: bytes.length, counts: { rows: text.rows.length } })
}

/** The clean-shutdown marker: JSON with a version and the broker's epoch. */
export function dumpMarker({ path }: DumpFile, report: Report): void {
  const bytes = readFileSync(path)
  report.begin(path)
  const problem = markerProblem(bytes)
  if (problem === null) report.item('marker', JSON.parse(bytes.toString('utf8')) as Record<string, Fact>)
  else report.problem(0, problem)
  report.end({ file: path, bytes: bytes.length, counts: {} })
}
