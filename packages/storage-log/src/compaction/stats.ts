/** What one round did. Plain data: it crosses threads. */
export interface CompactionStats {
  /** Read to find the last offset of every key, and how many there are. */
  mapBytesRead: number
  keys: number
  /** The key map was full before the end: the round ended early, and another one is due. */
  isMapFull: boolean
  /** Read and written while rewriting. */
  bytesRead: number
  bytesWritten: number
  recordsRead: number
  recordsKept: number
  /** Of the dropped ones: without a key, so that nothing could ever replace them. */
  keylessDropped: number
  tombstonesDropped: number
  abortedDropped: number
  /** Commit and abort markers. */
  markersDropped: number
  durationMs: number
}

export function newStats(): CompactionStats {
  return {
    mapBytesRead: 0,
    keys: 0,
    isMapFull: false,
    bytesRead: 0,
    bytesWritten: 0,
    recordsRead: 0,
    recordsKept: 0,
    keylessDropped: 0,
    tombstonesDropped: 0,
    abortedDropped: 0,
    markersDropped: 0,
    durationMs: 0
  }
}
