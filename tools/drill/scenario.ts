/** One way to make alerts fire on purpose. */
export interface Scenario {
  readonly name: string
  /** Those that fire in the end, if the thresholds are as shipped. */
  readonly alerts: readonly string[]
  /** One sentence: what is done to the broker. */
  readonly does: string
  /** Options without which it cannot run. */
  readonly needs: readonly ('pid' | 'fill')[]
  /** How long until the last of the alerts fires: the windows of its expression, its `for`, and a little more. */
  readonly minutes: number
  /** Makes trouble until `stage.signal` is aborted, then undoes it. Rejects with a sentence when it cannot. */
  run(stage: Stage): Promise<void>
}

/** Where a scenario plays. */
export interface Stage {
  /** 'host:port' of a broker. */
  readonly bootstrap: string
  /** 'http://host:port' of its admin port. */
  readonly adminUrl: string
  /** Of the broker's process on this machine. */
  readonly pid: number | null
  /** A directory on the filesystem of a log directory. */
  readonly fill: string | null
  readonly signal: AbortSignal
  say(text: string): void
}

/** A reason why a scenario cannot run, for people. */
export class DrillError extends Error {
  override readonly name = 'DrillError'
}

/** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(timer)
      resolve()
    },
    { once: true }
  )
  return promise
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
