import { open } from 'node:fs/promises'
import { parseWhole, UsageError } from '../usage-error.ts'
import type { PartitionOffset } from './committed-offsets.ts'

/** A line per partition: over a million of them. */
const FILE_BYTES_MAX = 64 << 20
const PARTITION_MAX = 2 ** 31 - 1
const EXPECTED = 'topic,partition,offset (or group,topic,partition,offset)'

export interface OffsetsFile {
  readonly offsets: readonly PartitionOffset[]
  /** Lines for other groups, which are left out. */
  readonly otherCount: number
}

/** Reads such a file. Throws UsageError that names file and line. */
export async function readOffsetsFile(path: string, groupId: string): Promise<OffsetsFile> {
  return parseOffsets(await readText(path), { path, groupId })
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      if (size > FILE_BYTES_MAX) throw new UsageError(`has ${size} bytes; at most ${FILE_BYTES_MAX} are read`)
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new UsageError(`--from-file ${path}: ${(error as Error).message}`)
  }
}

/**
 * The CSV that `kafka-consumer-groups --export` writes: three columns, or four with the group in front; empty lines and
 * a line of titles are passed over. A partition may come once. Throws UsageError that names file and line.
 */
export function parseOffsets(
  text: string,
  { path, groupId }: { readonly path: string; readonly groupId: string }
): OffsetsFile {
  const offsets: PartitionOffset[] = []
  const lineOf = new Map<string, number>()
  let otherCount = 0
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue
    const where = `--from-file ${path}, line ${index + 1}`
    const columns = splitLine(line)
    const isTitles = index === 0 && columns.at(-1) === 'offset' && columns.at(-2) === 'partition'
    if (isTitles) continue
    if (columns.length !== 3 && columns.length !== 4) {
      throw new UsageError(`${where} has ${columns.length} column(s): '${line.slice(0, 100)}'; ${EXPECTED} is expected`)
    }
    if (columns.length === 4 && columns[0] !== groupId) {
      otherCount++
      continue
    }
    const [topic = '', partitionText = '', offsetText = ''] = columns.slice(-3)
    if (topic === '') throw new UsageError(`${where}: the topic is empty; ${EXPECTED} is expected`)
    const partition = parseWhole(partitionText, `${where}: partition`, { min: 0, max: PARTITION_MAX })
    const offset = parseWhole(offsetText, `${where}: offset`, { min: 0, max: Number.MAX_SAFE_INTEGER })
    const before = lineOf.get(`${topic}-${partition}`)
    if (before !== undefined) {
      throw new UsageError(
        `${where}: partition ${partition} of ${topic} was on line ${before} already; keep one of them`
      )
    }
    lineOf.set(`${topic}-${partition}`, index + 1)
    offsets.push({ topic, partition, offset })
  }
  return { offsets, otherCount }
}

/** One line of that CSV. Names of topics need no quotes. */
export function formatOffset({ topic, partition, offset }: PartitionOffset): string {
  return `${topic},${partition},${offset}`
}

/** Columns without the space around them; quoted ones as they are, with `""` for a quote. */
function splitLine(line: string): string[] {
  const column = /\s*"((?:[^"]|"")*)"\s*(?=,|$)|[^,]*/y
  const columns: string[] = []
  do {
    const [plain = '', quoted] = column.exec(line) ?? []
    columns.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'))
  } while (line[column.lastIndex++] === ',')
  return columns
}
