import { getHeapSnapshot } from 'node:v8'

/**
 * Everything on the heap as a .heapsnapshot file. Stops the event loop while it is taken, about a second for 100 MiB;
 * needs about as much memory again until it is sent. Holds all that is in memory: records, settings, tokens.
 */
export function heapSnapshot(signal: AbortSignal): AsyncIterable<Uint8Array> {
  const snapshot = getHeapSnapshot()
  // Nobody may have begun to read it.
  signal.addEventListener('abort', () => snapshot.destroy(), { once: true })
  return snapshot
}
