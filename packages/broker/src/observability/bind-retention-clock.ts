import type { BrokerMetrics } from '@streambus/metrics'
import type { RetentionClockProbe } from '../partition/retention-clock.ts'
import type { Log } from './log.ts'

/** Connects the retention clock to the metrics and to the operator's log. */
export function bindRetentionClock({ cells }: BrokerMetrics, log: Log): RetentionClockProbe {
  const steps = {
    forward: cells.retentionClockSteps.child('forward'),
    backward: cells.retentionClockSteps.child('backward')
  }
  return {
    stepped(direction, wallMs, expectedMs) {
      steps[direction].add(1)
      const message =
        direction === 'forward'
          ? 'the wall clock is ahead of what was expected: retention ignores that until it has lasted; check the clock'
          : 'the wall clock was set back: retention follows at once and keeps records longer; check the clock'
      const fields = { event: 'clock_stepped', direction, wall: isoTime(wallMs), expected: isoTime(expectedMs) }
      log.warn(message, fields)
    },
    believed: wallMs =>
      log.info('retention follows the wall clock again', { event: 'clock_believed', wall: isoTime(wallMs) }),
    behind: behindMs => cells.retentionClockBehind.set(behindMs / 1000)
  }
}

/** Never throws: a wall clock may say anything. */
function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}
