import { type Disk, DiskError } from '@streambus/base'
import { CLEANER_CHECKPOINT } from '../compaction/cleaner-checkpoint.ts'
import { LOG_START_CHECKPOINT, RECOVERY_POINT_CHECKPOINT } from '../directory/checkpoints.ts'
import { parseCleanMarker } from '../directory/clean-shutdown.ts'
import { type Say, sayAbout, type VerifyReport } from './finding.ts'
import { type CheckpointText, readCheckpointText, readLimited } from './small-file.ts'

const CLEAN_MARKER = '.kafka_cleanshutdown'

/** What a log directory says of its partitions, by the name of their directories. */
export interface DirectoryContext {
  /** The last stop was clean: everything was synced and the checkpoints are exact. */
  readonly isClean: boolean
  readonly recoveryPoints: ReadonlyMap<string, number>
  readonly logStarts: ReadonlyMap<string, number>
  /** First dirty offsets; null when nobody knows. A log directory without the file was never compacted. */
  readonly cleaned: ReadonlyMap<string, number> | null
}

export const NO_CONTEXT: DirectoryContext = {
  isClean: false,
  recoveryPoints: new Map(),
  logStarts: new Map(),
  cleaned: null
}

/** Reads the checkpoints and the clean marker of a log directory, and reports on them. Throws DiskError. */
export function readDirectoryContext(disk: Disk, logDirectory: string, report: VerifyReport): DirectoryContext {
  const recoveryPoints = readOffsets(disk, `${logDirectory}/${RECOVERY_POINT_CHECKPOINT}`, report)
  const logStarts = readOffsets(disk, `${logDirectory}/${LOG_START_CHECKPOINT}`, report)
  const hasCleaned = disk.exists(`${logDirectory}/${CLEANER_CHECKPOINT}`)
  const cleaned = readOffsets(disk, `${logDirectory}/${CLEANER_CHECKPOINT}`, report)
  return {
    isClean: readMarker(disk, `${logDirectory}/${CLEAN_MARKER}`, report),
    recoveryPoints: recoveryPoints ?? new Map(),
    logStarts: logStarts ?? new Map(),
    cleaned: recoveryPoints !== null && !hasCleaned ? new Map() : cleaned
  }
}

function readOffsets(disk: Disk, path: string, report: VerifyReport): Map<string, number> | null {
  const say = sayAbout(report, path)
  const bytes = readIfThere(disk, path, say)
  if (bytes === null) return null
  const text = readCheckpointText(bytes, { numbers: 2, isNamed: true, needsChecksum: true })
  if (text.problem !== null) say('damage', 'bad-checkpoint', text.problem.at, text.problem.message)
  checkRows(text, say)
  report.file({ path, kind: 'offset-checkpoint', bytes: bytes.length, counts: { partitions: text.rows.length } })
  const entries = text.rows.map((row, i): [string, number] => [`${text.names[i]}-${row[0]}`, row[1] as number])
  // A broker takes a damaged checkpoint for none.
  return text.problem === null ? new Map(entries) : null
}

function checkRows(text: CheckpointText, say: Say): void {
  const seen = new Set<string>()
  for (const [i, [partition = 0, offset = 0]] of text.rows.entries()) {
    const key = `${text.names[i]}-${partition}`
    if (seen.has(key)) say('damage', 'bad-checkpoint', -1, `${key} is in it twice`)
    if (partition < 0 || offset < 0) say('damage', 'bad-checkpoint', -1, `${key} with offset ${offset}`)
    seen.add(key)
  }
}

function readMarker(disk: Disk, path: string, report: VerifyReport): boolean {
  const say = sayAbout(report, path)
  const bytes = readIfThere(disk, path, say)
  if (bytes === null) return false
  const isOurs = parseCleanMarker(bytes.toString('utf8')) !== null
  const problem = markerProblem(bytes) ?? (isOurs ? null : 'it has no CRC-32C')
  if (problem !== null) say('damage', 'bad-checkpoint', 0, problem)
  report.file({ path, kind: 'clean-marker', bytes: bytes.length, counts: {} })
  return problem === null
}

/** Null for the marker of a clean stop, StreamBus' or Kafka's: JSON with a version and the broker's epoch. */
export function markerProblem(bytes: Buffer): string | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    const isMarker = typeof value === 'object' && value !== null && 'version' in value
    if (!isMarker) return 'it is not {"version":…,"brokerEpoch":…}'
    const isDamaged = 'crc32c' in value && parseCleanMarker(bytes.toString('utf8')) === null
    return isDamaged ? 'its CRC-32C is wrong' : null
  } catch {
    return 'it is not JSON'
  }
}

function readIfThere(disk: Disk, path: string, say: Say): Buffer | null {
  try {
    return readLimited(disk, path, say)
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return null
    throw error
  }
}
