import type { Clock } from '@streambus/base'

export interface RetryPolicy {
  /** No new attempt starts later than this after the first one. */
  readonly totalMs: number
  /** Pause before the second attempt; doubles up to `pauseMsMax`. */
  readonly pauseMs: number
  readonly pauseMsMax: number
}

export const DEFAULT_RETRY: RetryPolicy = { totalMs: 30_000, pauseMs: 50, pauseMsMax: 1000 }

export interface RetryHooks {
  readonly isWorthRetrying: (error: unknown) => boolean
  /** Before each pause. */
  readonly onRetry?: ((error: unknown, attempt: number) => void) | undefined
}

/** The pause after attempt number `attempt` (from 0), in milliseconds. */
export function pauseMs(policy: RetryPolicy, attempt: number): number {
  return Math.min(policy.pauseMs * 2 ** Math.min(attempt, 20), policy.pauseMsMax)
}

/** Resolves after `delayMs` of the given clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    clock.after(delayMs, resolve)
  })
}

/** Runs until it succeeds, fails for good, or the time is up; then throws the last error. `attempt` counts from 0. */
export async function retry<T>(
  run: (attempt: number) => Promise<T>,
  options: { readonly clock: Clock; readonly policy: RetryPolicy } & RetryHooks
): Promise<T> {
  const { clock, policy } = options
  const deadlineMs = clock.monotonicMs() + policy.totalMs
  for (let attempt = 0; ; attempt++) {
    try {
      return await run(attempt)
    } catch (error) {
      const delayMs = pauseMs(policy, attempt)
      if (!options.isWorthRetrying(error) || clock.monotonicMs() + delayMs > deadlineMs) throw error
      options.onRetry?.(error, attempt)
      await sleep(clock, delayMs)
    }
  }
}
