/** From talkative to quiet. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Names in snake_case. No secrets, ever: nothing is taken out again later. Strings are cut to a safe length. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | Error>>

/** One line per call, written before the call returns. Never throws. */
export interface Log {
  isEnabled(level: LogLevel): boolean
  write(level: LogLevel, message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  fatal(message: string, fields?: LogFields): void
  /** A log whose lines carry this dotted name in `logger`. */
  named(logger: string): Log
}

/** Levels at run time. A logger without a level of its own follows the root. */
export interface LogControl {
  readonly rootLevel: LogLevel
  /** Levels of loggers that have one of their own. */
  readonly loggerLevels: ReadonlyMap<string, LogLevel>
  /** Loggers that there are, with or without a level of their own. */
  readonly loggerNames: ReadonlySet<string>
  setLevel(level: LogLevel): void
  /** `null` makes the logger follow the root again. False: too many loggers have levels of their own. */
  setLoggerLevel(logger: string, level: LogLevel | null): boolean
}

export const SILENT_LOG: Log = {
  isEnabled: () => false,
  write() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  named: () => SILENT_LOG
}

export function isLogLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text)
}

/** Long enough for every name that Kafka allows (topics: 249). */
const TEXT_LENGTH_MAX = 256

/** A string that a client chose, fit for a log line and a terminal: control characters replaced, length limited. */
export function clientText(text: string, lengthMax = TEXT_LENGTH_MAX): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text
  return cut.replace(/\p{Cc}|\p{Bidi_Control}/gu, '\u{fffd}')
}
