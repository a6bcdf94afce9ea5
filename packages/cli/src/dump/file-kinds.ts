import { readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { UsageError } from '../usage-error.ts'

export type FileKind = 'log' | 'index' | 'timeindex' | 'snapshot'

const KINDS: ReadonlyMap<string, FileKind> = new Map([
  ['.log', 'log'],
  ['.index', 'index'],
  ['.timeindex', 'timeindex'],
  ['.snapshot', 'snapshot']
])

export interface DumpFile {
  readonly path: string
  readonly kind: FileKind
  /** From the name: the offset that entries of indexes are relative to. */
  readonly baseOffset: number
}

/** Files as they are, directories as the log files in them (and in partition directories below). Throws UsageError. */
export function findFiles(paths: readonly string[]): DumpFile[] {
  return paths.flatMap(path => {
    const files = statOrRefuse(path).isDirectory() ? inDirectory(path, true) : [describe(path)]
    if (files.length === 0) throw new UsageError(`${path} holds no .log, .index, .timeindex or .snapshot files`)
    return files
  })
}

function statOrRefuse(path: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function inDirectory(directory: string, descends: boolean): DumpFile[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap(entry => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return descends ? inDirectory(path, false) : []
    return KINDS.has(extname(entry.name)) ? [describe(path)] : []
  })
}

function describe(path: string): DumpFile {
  const kind = KINDS.get(extname(path))
  if (kind === undefined) throw new UsageError(`${path} is no .log, .index, .timeindex or .snapshot file`)
  const digits = /^\d{20}/.exec(basename(path))?.[0]
  return { path, kind, baseOffset: digits === undefined ? 0 : Number(digits) }
}
