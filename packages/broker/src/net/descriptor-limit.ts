import fs from 'node:fs'

/** Log segments, the admin port, timers' pipes and room for a reload of every file: never given to client sockets. */
const RESERVED_MIN = 64
const RESERVED_SHARE = 0.25
/** More would save nothing: opening a file again costs a few microseconds. */
const SEGMENT_FILES_MAX = 16_384

/** The soft limit on open files of this process; null where /proc does not tell. */
export function openFilesMax(): number | null {
  try {
    const row = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1'))
    return row === null ? null : Number(row[1])
  } catch {
    return null
  }
}

/**
 * How many client sockets fit below the descriptor limit. Node accepts and closes on EMFILE without telling anyone,
 * and a log that cannot open its next segment is worse than a refused client: so clients are refused first.
 */
export function connectionsThatFit(configuredMax: number, filesMax: number | null): number {
  if (filesMax === null) return configuredMax
  return Math.max(1, Math.min(configuredMax, filesMax - reserved(filesMax)))
}

/** How many segment files may be open at once: the reserved share without what start, stop and the admin port need. */
export function segmentFilesThatFit(filesMax: number | null): number {
  if (filesMax === null) return SEGMENT_FILES_MAX
  return Math.min(SEGMENT_FILES_MAX, reserved(filesMax) - RESERVED_MIN / 2)
}

function reserved(filesMax: number): number {
  return Math.max(RESERVED_MIN, Math.ceil(filesMax * RESERVED_SHARE))
}

/** Descriptors this process holds now; null where /proc does not tell. */
export function countDescriptors(): number | null {
  try {
    // What Linux says since 6.2; to list thousands of them takes milliseconds.
    const { size } = fs.statSync('/proc/self/fd')
    if (size > 0) return size
    // One of them is the listing itself.
    return fs.readdirSync('/proc/self/fd').length - 1
  } catch {
    return null
  }
}
