import type { Clock } from '@streambus/base'

/** What came of looking at one thing. Null in place of an attempt: nobody asked for it. */
export type Attempt<T> = { readonly value: T; readonly error: null } | { readonly value: null; readonly error: Error }

/** Never rejects; an error when there is no result after `limitMs`, whatever hangs. `what` is for its message. */
export async function attempt<T>(
  what: string,
  run: () => Promise<T>,
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number }
): Promise<Attempt<T>> {
  const late = Promise.withResolvers<never>()
  const timer = clock.after(limitMs, () => late.reject(new Error(`${what}: no result within ${limitMs} ms`)))
  try {
    return { value: await Promise.race([run(), late.promise]), error: null }
  } catch (error) {
    return { value: null, error: error instanceof Error ? error : new Error(String(error)) }
  } finally {
    timer.cancel()
  }
}
