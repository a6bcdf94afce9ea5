import { type Disk, readWhole } from '@streambus/base'
import { LogCorrupt } from '../errors.ts'
import { logFileName } from '../file-names.ts'
import {
  CLEANED_SUFFIX,
  finish,
  isManifestName,
  manifestName,
  planSwapRecovery,
  printManifest,
  SEGMENT_KINDS,
  type SwapStep
} from './swap-plan.ts'

/** Which segments become one; the cleaned files lie beside them under the first one's base offset. */
export interface Replacement {
  /** Base offsets, ascending. */
  readonly replaced: readonly number[]
  /** Sizes of their data files when they were read. */
  readonly replacedBytes: readonly number[]
}

/**
 * The manifest as the cleaner leaves it, not yet in force; the files it is about must be synced. Durable with its name
 * when it returns, and with it the names of the cleaned files. Throws DiskError.
 */
export function writeManifest(disk: Disk, directory: string, replaced: readonly number[]): void {
  const path = `${directory}/${manifestName(replaced[0] as number)}${CLEANED_SUFFIX}`
  const file = disk.open(path, { create: true })
  try {
    const bytes = Buffer.from(printManifest(replaced))
    file.write([bytes], 0)
    file.truncate(bytes.length)
    file.syncNow()
  } finally {
    file.close()
  }
  disk.syncDirectory(directory)
}

/**
 * Puts a cleaned segment in the place of those it replaces, in one synchronous step with three or four syncs of the
 * directory. Close their handles before and open new ones after.
 *
 * False, and the cleaned files are gone, when one of the replaced segments is no longer there (retention was faster) or
 * has another size. A log that was cut back must not come here with what was cleaned before: its segments may have the
 * same names and sizes again.
 *
 * Throws DiskError: the segments on disk may be the old or the new ones, and only `recoverSwaps` makes that certain, so
 * the log must not be used any more.
 */
export function swapIn(disk: Disk, directory: string, { replaced, replacedBytes }: Replacement): boolean {
  const base = replaced[0] as number
  const areThere =
    replaced.every((each, i) => sizeOf(disk, `${directory}/${logFileName(each, 'log')}`) === replacedBytes[i]) &&
    cleanedPaths(directory, base).every(path => disk.exists(path))
  if (!areThere) {
    dropCleaned(disk, directory, base)
    return false
  }
  disk.rename(`${directory}/${manifestName(base)}${CLEANED_SUFFIX}`, `${directory}/${manifestName(base)}`)
  disk.syncDirectory(directory)
  const steps: SwapStep[] = []
  finish(replaced, new Set(disk.list(directory).map(entry => entry.name)), steps)
  run(disk, directory, steps)
  return true
}

/** Removes what a round has left behind that is not going to be swapped in. Throws DiskError. */
export function dropCleaned(disk: Disk, directory: string, baseOffset: number): void {
  for (const path of cleanedPaths(directory, baseOffset)) if (disk.exists(path)) disk.unlink(path)
}

/** −1: there is no such file. */
function sizeOf(disk: Disk, path: string): number {
  if (!disk.exists(path)) return -1
  const file = disk.open(path, { readOnly: true })
  try {
    return file.sizeBytes()
  } finally {
    file.close()
  }
}

function cleanedPaths(directory: string, baseOffset: number): string[] {
  const names = [manifestName(baseOffset), ...SEGMENT_KINDS.map(kind => logFileName(baseOffset, kind))]
  return names.map(name => `${directory}/${name}${CLEANED_SUFFIX}`)
}

/**
 * To be called at the start of a partition before anything else looks at its directory. Returns how many steps it took;
 * 0 after a normal stop. Throws LogCorrupt, DiskError.
 */
export function recoverSwaps(disk: Disk, directory: string): number {
  const names = disk.list(directory).map(entry => entry.name)
  const manifests = new Map<string, string>()
  for (const name of names.filter(isManifestName)) {
    manifests.set(name, readWhole(disk, `${directory}/${name}`).toString('utf8'))
  }
  const { steps, damaged } = planSwapRecovery({ names, manifests })
  if (damaged !== null) {
    const path = `${directory}/${damaged.name}`
    throw new LogCorrupt({ path, position: 0, reason: damaged.reason, quarantined: null })
  }
  run(disk, directory, steps)
  return steps.length
}

function run(disk: Disk, directory: string, steps: readonly SwapStep[]): void {
  for (const step of steps) {
    if (step.do === 'rename') disk.rename(`${directory}/${step.from}`, `${directory}/${step.to}`)
    else if (step.do === 'remove') disk.unlink(`${directory}/${step.name}`)
    else disk.syncDirectory(directory)
  }
}
