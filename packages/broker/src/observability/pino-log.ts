import type { Clock } from '@streambus/base'
import { type DestinationStream, type Logger, pino } from 'pino'
import { LOG_LEVELS, type Log, type LogControl, type LogFields, type LogLevel } from './log.ts'

/** Longer than any stack that helps; a field must not fill the disk. */
const FIELD_LENGTH_MAX = 8_192
const LOGGER_LEVELS_MAX = 100
const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4 }

export interface PinoLogOptions {
  readonly level: LogLevel
  /** A file descriptor (2: stderr, so that stdout holds the ready line only), or where lines go in a test. */
  readonly destination: number | { write(line: string): void }
  readonly clock: Clock
  readonly version: string
  readonly environment: string
  readonly brokerId: number
  /** Asked for each line: unknown (null) until the metadata is loaded. */
  readonly clusterId: () => string | null
  /** Called for each line written, for the metrics. */
  readonly onLine?: (level: LogLevel) => void
}

/** JSON lines through pino, synchronous: a line is written when the call returns, also just before a crash. */
export function createPinoLog(options: PinoLogOptions): { readonly log: Log; readonly control: LogControl } {
  const { clock, version, environment, brokerId, clusterId } = options
  const logger = pino(
    {
      // Levels are decided in `Levels`: pino's children would keep the level they were born with.
      level: 'debug',
      messageKey: 'message',
      base: { service: 'streambus', version, environment, broker_id: brokerId },
      timestamp: () => `,"timestamp":"${new Date(clock.wallMs()).toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
      mixin: () => ({ cluster: clusterId() })
    },
    openDestination(options.destination)
  )
  const levels = new Levels(options.level)
  return { log: new PinoLog('broker', { logger, levels, onLine: options.onLine ?? (() => {}) }), control: levels }
}

function openDestination(destination: PinoLogOptions['destination']): DestinationStream {
  if (typeof destination !== 'number') return destination
  const stream = pino.destination({ fd: destination, sync: true })
  // A reader of the log that went away (EPIPE) or a full disk must not end the broker.
  stream.on('error', () => {})
  return stream
}

class Levels implements LogControl {
  readonly loggerLevels = new Map<string, LogLevel>()
  readonly loggerNames = new Set<string>()
  rootLevel: LogLevel
  /** Another one after each change. */
  version = 0

  constructor(rootLevel: LogLevel) {
    this.rootLevel = rootLevel
  }

  /** Place of the least level that is written among all levels. */
  thresholdOf(logger: string): number {
    return LOG_LEVELS.indexOf(this.loggerLevels.get(logger) ?? this.rootLevel)
  }

  setLevel(level: LogLevel): void {
    this.rootLevel = level
    this.version++
  }

  setLoggerLevel(logger: string, level: LogLevel | null): boolean {
    this.version++
    if (level === null) {
      this.loggerLevels.delete(logger)
      return true
    }
    if (!this.loggerLevels.has(logger) && this.loggerLevels.size >= LOGGER_LEVELS_MAX) return false
    this.loggerLevels.set(logger, level)
    return true
  }
}

interface Sink {
  readonly logger: Logger
  readonly levels: Levels
  readonly onLine: (level: LogLevel) => void
}

class PinoLog implements Log {
  readonly #name: string
  readonly #sink: Sink
  #threshold = 0
  #version = -1

  constructor(name: string, sink: Sink) {
    this.#name = name
    this.#sink = sink
    sink.levels.loggerNames.add(name)
  }

  isEnabled(level: LogLevel): boolean {
    const { levels } = this.#sink
    // Asked for every request, so that those at debug cost nothing while nobody wants them.
    if (this.#version !== levels.version) {
      this.#version = levels.version
      this.#threshold = levels.thresholdOf(this.#name)
    }
    return RANKS[level] >= this.#threshold
  }

  write(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (!this.isEnabled(level)) return
    this.#sink.logger[level]({ logger: this.#name, ...shorten(fields) }, message)
    this.#sink.onLine(level)
  }

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields)
  }

  fatal(message: string, fields?: LogFields): void {
    this.write('fatal', message, fields)
  }

  named(logger: string): Log {
    return new PinoLog(logger, this.#sink)
  }
}

function shorten(fields: LogFields): Record<string, unknown> {
  const short: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    short[name] =
      typeof value === 'string' && value.length > FIELD_LENGTH_MAX ? `${value.slice(0, FIELD_LENGTH_MAX)}…` : value
  }
  return short
}
