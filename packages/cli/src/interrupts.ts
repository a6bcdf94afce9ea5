import type { Clock } from '@streambus/base'
import { ExitCode } from './exit-codes.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** One Ctrl-C under npm or npx arrives twice: from the terminal and, milliseconds later, from npm. */
const SAME_SIGNAL_MS = 500

/** What of `process` is used. */
export interface SignalSource {
  on(signal: (typeof SIGNALS)[number], listener: () => void): unknown
  off(signal: (typeof SIGNALS)[number], listener: () => void): unknown
  exit(code: number): void
}

/** Calls `run` at the first SIGINT or SIGTERM; a second one ends the process at once. Returns how to undo that. */
export function onInterrupt(run: () => void, { source, clock }: { source: SignalSource; clock: Clock }): () => void {
  let firstMs: number | null = null
  const interrupted = (): void => {
    const nowMs = clock.monotonicMs()
    if (firstMs === null) {
      firstMs = nowMs
      run()
    } else if (nowMs - firstMs > SAME_SIGNAL_MS) source.exit(ExitCode.interrupted)
  }
  for (const signal of SIGNALS) source.on(signal, interrupted)
  return () => {
    for (const signal of SIGNALS) source.off(signal, interrupted)
  }
}
