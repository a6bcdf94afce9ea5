/** What the process says to its caller. Documented in `streambus --help`; scripts rely on the numbers. */
export const ExitCode = {
  ok: 0,
  /** The broker refused, data was bad, a check failed. */
  failure: 1,
  /** The command line makes no sense, or names a file that cannot be read. */
  usage: 2,
  /** No broker was reached, or what answered is not one. */
  unreachable: 3,
  /** verify-log: something stored is damaged. */
  damaged: 4,
  /** Stopped by SIGINT or SIGTERM before the work was done (128 + SIGINT). */
  interrupted: 130
} as const

export const EXIT_CODE_HELP = `Exit codes:
  0    done
  1    the broker refused, data is bad, or a check failed
  2    the command line is wrong, or names a file that cannot be read
  3    no broker was reached, or what answered is not one
  4    verify-log: something stored is damaged
  130  interrupted before the work was done`
