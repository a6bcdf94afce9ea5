/** How a round is held back and called off. All are called between chunks, from the thread that cleans. */
export interface CompactionHooks {
  /** `bytes` were read or written; may block to keep a rate [log.cleaner.io.max.bytes.per.second]. */
  throttle(bytes: number): void
  /** True ends the round: its files are removed and nothing has changed. */
  shouldStop(): boolean
}

export const NO_HOOKS: CompactionHooks = { throttle() {}, shouldStop: () => false }

/** Thrown between two chunks when `shouldStop` says so; `compactLog` catches it. */
export class CompactionStopped extends Error {
  override readonly name = 'CompactionStopped'
}

export function account(hooks: CompactionHooks, bytes: number): void {
  if (hooks.shouldStop()) throw new CompactionStopped('the round was called off')
  hooks.throttle(bytes)
}
