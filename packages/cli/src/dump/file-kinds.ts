import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { classifyFileName, type StoredFileKind, type StoredFileName } from '@streambus/storage-log'
import { UsageError } from '../usage-error.ts'

export interface DumpFile {
  readonly path: string
  readonly kind: StoredFileKind
  /** From the name: the offset that entries of indexes are relative to. */
  readonly baseOffset: number
  /** For what a recovery cut off: where in the segment it was. Null for any other file. */
  readonly tornPosition: number | null
}

/** Files as they are, directories as the log files in them (and in partition directories below). Throws UsageError. */
export function findFiles(paths: readonly string[]): DumpFile[] {
  return paths.flatMap(path => {
    const files = statOrRefuse(path).isDirectory() ? inDirectory(path, true) : [describe(path)]
    if (files.length === 0) throw new UsageError(`${path} holds no files of a log`)
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
    const name = classifyFileName(entry.name)
    return name === null || name.kind === 'other' ? [] : [dumpFile(path, name)]
  })
}

function describe(path: string): DumpFile {
  const name = classifyFileName(basename(path))
  if (name === null || name.kind === 'other') {
    throw new UsageError(
      `${path} is no .log, .index, .timeindex, .txnindex or .snapshot file, no checkpoint and no clean-shutdown marker`
    )
  }
  return dumpFile(path, name)
}

function dumpFile(path: string, { kind, baseOffset, suffixes, tornPosition }: StoredFileName): DumpFile {
  return { path, kind, baseOffset, tornPosition: suffixes.includes('torn') ? tornPosition : null }
}
