import fs from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { DiskError } from '../disk.ts'
import { flockHolder, namedHolder } from './lock-holder.ts'

/** For racers to step back from each other; a holder keeps it for hours, so longer would not help. */
const PATIENCE_MS = 150
/** SQLITE_BUSY; the upper bits say more. */
const BUSY = 5

/**
 * Takes the exclusive lock of a file, creating it. Node has no flock, but the SQLite inside it locks its files with
 * fcntl: the kernel keeps the lock, whatever PID namespace or container asks, drops it with the process, and NFS
 * carries it. The file stays empty, for the transaction never writes, and stays when it is released: removing it would
 * let two in, one with the old file and one with the new.
 *
 * Nothing in this process may open the file by other means: closing any descriptor of it drops the lock (POSIX).
 * Blocks 0.15 s when somebody holds it. Throws DiskError; ELOCKED names the holder where it can be seen.
 */
export function lockFile(path: string): { release(): void } {
  createEmpty(path)
  // SQLite has no word for why.
  fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK)
  takeFromEarlierVersion(path)
  const database = openDatabase(path, { timeout: PATIENCE_MS })
  try {
    // The journal of a transaction, even of one that writes nothing, would be a file beside it.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return { release: () => database.isOpen && database.close() }
  } catch (error) {
    database.close()
    throw isBusy(error) ? heldBy(path, flockHolder(path)) : notLockable(path, error)
  }
}

/** Who holds the lock of a file, in words; null when nobody does. Writes nothing, and waits for nobody. */
export function lockHolder(path: string): string | null {
  if (!fs.existsSync(path)) return null
  if (fs.statSync(path).size > 0) return namedHolder(path)
  const database = openDatabase(path, { readOnly: true })
  try {
    database.exec('SELECT 1 FROM sqlite_schema')
    return null
  } catch (error) {
    if (isBusy(error)) return flockHolder(path)
    throw notLockable(path, error)
  } finally {
    database.close()
  }
}

/** Not when it exists: it may be locked by this process. */
function createEmpty(path: string): void {
  if (fs.existsSync(path)) return
  try {
    fs.closeSync(fs.openSync(path, 'wx', 0o644))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Before 0.1.0 the file itself was the lock, with the holder's process id and start time in it. */
function takeFromEarlierVersion(path: string): void {
  if (fs.statSync(path).size === 0) return
  const holder = namedHolder(path)
  if (holder !== null) throw heldBy(path, holder)
  fs.truncateSync(path)
}

function openDatabase(path: string, options: { readonly timeout?: number; readonly readOnly?: boolean }): DatabaseSync {
  // Loaded by who locks, not by every thread that reads a file.
  const sqlite = process.getBuiltinModule('node:sqlite')
  if (sqlite === undefined) {
    throw new Error(`this Node has no node:sqlite, which locks ${path}: use Node 24 as nodejs.org builds it`)
  }
  try {
    return new sqlite.DatabaseSync(path, options)
  } catch (error) {
    throw notLockable(path, error)
  }
}

function isBusy(error: unknown): boolean {
  return ((error as { readonly errcode?: number }).errcode ?? 0) % 256 === BUSY
}

function heldBy(path: string, holder: string): DiskError {
  const message = `${path} is held by ${holder}: another broker uses this directory; stop it or choose another log.dirs`
  return new DiskError({ code: 'ELOCKED', operation: 'lock', path, message })
}

function notLockable(path: string, cause: unknown): DiskError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `${path} cannot be locked: ${reason}. log.dirs must be on a file system that is writable and has locks`
  return new DiskError({ code: 'ENOLCK', operation: 'lock', path, cause, message })
}
