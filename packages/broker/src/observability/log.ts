import type { Clock } from '@streambus/base'

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

const REPEAT_MS = 60_000
const KEYS_MAX = 1_000

interface Repeat {
  readonly log: Log
  readonly level: LogLevel
  readonly message: string
  untilMs: number
  suppressed: number
}

/** Lines that clients can cause: one per key and minute, the next one says how many were left out. */
export class RepeatedLines {
  readonly #clock: Clock
  readonly #onSuppressed: () => void
  readonly #keysMax: number
  readonly #byKey = new Map<string, Repeat>()

  constructor(clock: Clock, onSuppressed: () => void = () => {}, keysMax = KEYS_MAX) {
    this.#clock = clock
    this.#onSuppressed = onSuppressed
    this.#keysMax = keysMax
  }

  /** `key` tells what counts as the same line; keys that clients choose are fine, their number is limited. */
  write(key: string, line: { log: Log; level: LogLevel; message: string; fields?: LogFields }): void {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#byKey.get(key)
    if (known !== undefined && nowMs < known.untilMs) {
      known.suppressed++
      this.#onSuppressed()
      return
    }
    const { log, level, message, fields } = line
    const suppressed = known?.suppressed ?? 0
    log.write(level, message, suppressed > 0 ? { ...fields, suppressed } : fields)
    // Taken out first, so that the map stays in order of age and the oldest key makes room.
    this.#byKey.delete(key)
    if (this.#byKey.size >= this.#keysMax) this.#dropOldest()
    this.#byKey.set(key, { log, level, message, untilMs: nowMs + REPEAT_MS, suppressed: 0 })
  }

  /** Writes what is still held back. For the end of the process. */
  flush(): void {
    while (this.#byKey.size > 0) this.#dropOldest()
  }

  #dropOldest(): void {
    const [oldest] = this.#byKey
    if (oldest === undefined) return
    const [key, { log, level, message, suppressed }] = oldest
    this.#byKey.delete(key)
    if (suppressed > 0) log.write(level, message, { suppressed })
  }
}
