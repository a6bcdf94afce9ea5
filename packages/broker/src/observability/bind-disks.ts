import type { BrokerMetrics } from '@streambus/metrics'
import type { DiskWatchProbe } from '../partition/disk-watch.ts'
import type { Log } from './log.ts'
import type { RepeatedLines } from './repeated-lines.ts'

/** Connects the disk watch to the metrics and to the operator's log. Every series is served at zero from the start. */
export function bindDisks(
  { cells }: BrokerMetrics,
  operator: { readonly log: Log; readonly repeated: RepeatedLines },
  directories: readonly string[]
): DiskWatchProbe {
  const { log, repeated } = operator
  for (const path of directories) {
    cells.logDirectoryStalls.child(path)
    cells.logDirectorySyncRunning.child(path)
    cells.logDirectorySpaceLow.child(path)
    for (const reason of ['stall', 'space', 'full']) cells.logDirectoryRefusing.child(path, reason)
  }
  // Two of them are one to who looks at the series: the room that was kept is in use, or writes fail.
  const full = new Map<string, { isRefused: boolean; isFailing: boolean }>()
  const showFull = (path: string, change: { isRefused?: boolean; isFailing?: boolean }): void => {
    const state = { isRefused: false, isFailing: false, ...full.get(path), ...change }
    full.set(path, state)
    cells.logDirectoryRefusing.child(path, 'full').set(state.isRefused || state.isFailing ? 1 : 0)
  }
  return {
    syncRunning: (path, runningMs) => cells.logDirectorySyncRunning.child(path).set(runningMs / 1000),
    stalled(path, runningMs) {
      cells.logDirectoryStalls.child(path).add(1)
      const fields = { event: 'disk_stalled', log_dir: path, running_ms: Math.round(runningMs) }
      // A disk that is slow all day stalls all day: one line a minute tells it.
      repeated.remind(`stalled ${path}`, {
        log,
        level: 'warn',
        message: 'a sync takes very long: check the disk',
        fields
      })
    },
    stallRefusal(path, refusal) {
      cells.logDirectoryRefusing.child(path, 'stall').set(refusal === null ? 0 : 1)
      if (refusal !== null) log.error(refusal, { event: 'disk_stalled_refusing', log_dir: path })
    },
    stallEnded(path) {
      const fields = { event: 'disk_stall_ended', log_dir: path }
      repeated.remind(`stall-ended ${path}`, { log, level: 'info', message: 'syncs end again', fields })
    },
    spaceLow(path, warning) {
      cells.logDirectorySpaceLow.child(path).set(warning === null ? 0 : 1)
      if (warning === null) log.info('enough of the disk is free again', { event: 'disk_space_enough', log_dir: path })
      else log.warn(warning, { event: 'disk_space_low', log_dir: path })
    },
    fullRefusal(path, refusal) {
      showFull(path, { isRefused: refusal !== null })
      if (refusal === null) log.info('room is kept again for a full disk', { event: 'disk_full_ended', log_dir: path })
      else log.error(refusal, { event: 'disk_full', log_dir: path })
    },
    writesFailing(path, failing) {
      showFull(path, { isFailing: failing !== null })
      if (failing === null) log.info('there is room for writes again', { event: 'disk_full_ended', log_dir: path })
      else log.error(failing, { event: 'disk_full', log_dir: path })
    },
    spaceRefusal(path, refusal) {
      cells.logDirectoryRefusing.child(path, 'space').set(refusal === null ? 0 : 1)
      if (refusal === null) log.info('producers are served again', { event: 'disk_full_ended', log_dir: path })
      else log.error(refusal, { event: 'disk_full', log_dir: path })
    }
  }
}
