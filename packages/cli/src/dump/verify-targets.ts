import { readdirSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { classifyFileName, parsePartitionDirectoryName } from '@streambus/storage-log'
import { UsageError } from '../usage-error.ts'

export interface VerifyTarget {
  /** A partition, or a log directory with many. */
  readonly kind: 'partition' | 'log-directory'
  readonly directory: string
  /** Not null: only this file of it was asked for. */
  readonly onlyPath: string | null
}

/** What a path on the command line stands for. Throws UsageError when it cannot be read or holds nothing of a log. */
export function findTarget(path: string): VerifyTarget {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, '') : path
  // The name of a partition is in the name of its directory.
  const whole = /^\.{1,2}$/.test(basename(trimmed)) || !trimmed.includes('/') ? resolve(trimmed) : trimmed
  if (statOrRefuse(whole).isDirectory()) return { ...kindOf(whole), directory: whole, onlyPath: null }
  if (classifyFileName(basename(whole)) === null)
    throw new UsageError(`${path} is no file of a log or of a log directory`)
  const directory = dirname(whole)
  return { ...kindOf(directory), directory, onlyPath: whole }
}

function kindOf(directory: string): { readonly kind: VerifyTarget['kind'] } {
  const entries = readdirSync(directory, { withFileTypes: true })
  const kinds = entries.filter(entry => !entry.isDirectory()).map(entry => classifyFileName(entry.name)?.kind)
  if (kinds.includes('log')) return { kind: 'partition' }
  const hasPartitions = entries.some(entry => entry.isDirectory() && parsePartitionDirectoryName(entry.name) !== null)
  if (hasPartitions || kinds.includes('offset-checkpoint')) return { kind: 'log-directory' }
  if (parsePartitionDirectoryName(basename(directory)) !== null) return { kind: 'partition' }
  throw new UsageError(`${directory} is neither a partition's directory nor a log directory: no log files are in it`)
}

function statOrRefuse(path: string): Stats {
  try {
    return statSync(path)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
