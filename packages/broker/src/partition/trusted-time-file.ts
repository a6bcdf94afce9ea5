import { type Disk, readWhole, replaceWhole } from '@streambus/base'

const FILE = 'retention-clock-checkpoint'
const VERSION = '0'

/** The latest time that retention trusted, over all log directories; null when none of them says. */
export function readTrustedTime(disk: Disk, logDirectories: readonly string[]): number | null {
  let latestMs: number | null = null
  for (const directory of logDirectories) {
    const path = `${directory}/${FILE}`
    if (!disk.exists(path)) continue
    // A damaged file counts as none: it only guards against a clock that is wrong at the start.
    const text = /^0\n(\d{1,15})\n$/.exec(readWhole(disk, path).toString('utf8'))?.[1]
    if (text !== undefined) latestMs = Math.max(latestMs ?? 0, Number(text))
  }
  return latestMs
}

/** Durable when it returns. Throws DiskError. */
export function writeTrustedTime(disk: Disk, logDirectory: string, trustedMs: number): void {
  replaceWhole(disk, `${logDirectory}/${FILE}`, Buffer.from(`${VERSION}\n${trustedMs}\n`))
}
