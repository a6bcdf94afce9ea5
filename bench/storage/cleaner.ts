import type { CompactionInput, Log } from '@streambus/storage-log'

/** Room for five million keys. */
const KEY_MAP_BYTES = 128 * 1024 * 1024

export interface Round {
  /** For `compactLog`, in whatever thread. */
  readonly input: CompactionInput
  /** For `Log.swapIn`. */
  readonly generation: number
}

/** A round over all closed segments of a log that was never cleaned. */
export function roundOver(log: Log): Round {
  const { logEndOffset } = log
  const bounds = { checkpointed: -1, lastStableOffset: logEndOffset, highWatermark: logEndOffset, nowMs: Date.now() }
  const { input, generation } = log.planRound(bounds)
  return { input: { ...input(), keyMapBytes: KEY_MAP_BYTES, hashSeed: [1, 2, 3, 4] }, generation }
}
