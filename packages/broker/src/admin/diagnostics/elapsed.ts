import type { Clock } from '@streambus/base'

/** Resolves after `ms`, or at once when `signal` is aborted before that. */
export function elapsed(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) return Promise.resolve()
  const timer = clock.after(ms, resolve)
  const onAbort = (): void => {
    timer.cancel()
    resolve()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}
