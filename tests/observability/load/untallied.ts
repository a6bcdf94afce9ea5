/** Counters that something feeds and no tally can know, each with the reason. */
export const UNTALLIED: Readonly<Record<string, string>> = {
  streambus_request_phase_time_seconds_total:
    'a time; how often each phase is passed is compared, as _count of request_phase_seconds',
  streambus_log_messages_total: 'what is said depends on when things happen; bind-awaited.test.ts has lines of its own',
  streambus_log_suppressed_total: 'follows a limit per time; repeated-lines.test.ts has a clock of its own',
  streambus_log_dir_stalls_total: 'how long the disk of this machine takes for its syncs',
  streambus_retention_clock_steps_total: 'steps of the clock of this machine',
  process_cpu_user_seconds_total: 'a time that the kernel counts',
  process_cpu_system_seconds_total: 'a time that the kernel counts',
  process_cpu_seconds_total: 'a time that the kernel counts',
  nodejs_eventloop_time_seconds_total: 'a time that Node counts',
  streambus_process_io_bytes_total: 'what the kernel counts, caches and read-ahead included',
  streambus_cpu_throttled_seconds_total: 'a time that the kernel counts',
  streambus_pressure_stalled_seconds_total: 'a time that the kernel counts, of the whole machine'
}

/** Counters of which some series can be known, and others not, each with the reason. */
export const PARTLY_TALLIED: Readonly<Record<string, string>> = {
  streambus_purgatory_completed_total: 'whether a fetch or a join had to wait at all depends on when others came'
}
