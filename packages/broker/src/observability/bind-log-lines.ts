import type { BrokerMetrics } from '@streambus/metrics'

const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const

export interface LogLineCounter {
  /** A line was written. */
  written(level: string): void
  /** A repeated line was left out. */
  suppressed(): void
}

/** Counts the lines of the log; every level is served at zero from the start. */
export function bindLogLines({ cells }: BrokerMetrics): LogLineCounter {
  for (const level of LEVELS) cells.logMessages.child(level)
  return {
    written: level => cells.logMessages.child(level).add(1),
    suppressed: () => cells.logSuppressed.add(1)
  }
}
