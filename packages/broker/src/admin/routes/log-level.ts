import { isLogLevel, LOG_LEVELS, type Log, type LogControl, type LogLevel } from '../../observability/log.ts'
import { type AdminResponse, failure, json, type Route } from '../route.ts'

/** Loggers are dotted names: `broker`, `admin.http`. */
const LOGGER_NAME = /^[a-z][a-z0-9._-]{0,63}$/

export function getLogLevelRoute(control: LogControl): Route {
  return {
    method: 'GET',
    path: '/api/v1/log-level',
    summary: 'log levels in force',
    handle: () => json(200, describe(control))
  }
}

export function putLogLevelRoute(control: LogControl, log: Log): Route {
  return {
    method: 'PUT',
    path: '/api/v1/log-level',
    summary:
      'set the log level: {"level":"debug"}, or {"logger":"groups","level":"debug"}; level null follows the root again',
    access: 'token-if-set',
    handle({ body, correlationId }) {
      const change = parse(body)
      if ('status' in change) return change
      const { logger, level } = change
      if (logger === null) {
        if (level !== null) control.setLevel(level)
      } else if (!control.setLoggerLevel(logger, level)) {
        return failure(409, 'too_many_loggers', 'too many loggers have levels of their own; set some to null first')
      }
      log.info('log level changed', {
        event: 'log_level_changed',
        target: logger,
        level,
        correlation_id: correlationId
      })
      return json(200, describe(control))
    }
  }
}

interface Change {
  /** Null: the root. */
  readonly logger: string | null
  readonly level: LogLevel | null
}

function parse(body: unknown): Change | AdminResponse {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return refuse('the body must be an object such as {"level":"debug"}')
  }
  const fields = new Map(Object.entries(body))
  const level: unknown = fields.get('level')
  const logger: unknown = fields.get('logger') ?? null
  const unknown = [...fields.keys()].filter(key => key !== 'level' && key !== 'logger')
  if (unknown.length > 0) return refuse('known fields are level and logger')
  if (logger !== null && (typeof logger !== 'string' || !LOGGER_NAME.test(logger))) {
    return refuse('logger must be a dotted name of lower case letters, digits, "." "_" "-", at most 64 long')
  }
  if (level === null && logger !== null) return { logger, level: null }
  if (typeof level === 'string' && isLogLevel(level)) return { logger, level }
  return refuse(`level must be one of ${LOG_LEVELS.join(', ')}${logger === null ? '' : ', or null'}`)
}

function refuse(message: string): AdminResponse {
  return failure(400, 'invalid_log_level', message)
}

function describe({ rootLevel, loggerLevels, loggerNames }: LogControl): object {
  const loggers = Object.fromEntries(loggerLevels)
  return { level: rootLevel, loggers, levels: LOG_LEVELS, known_loggers: [...loggerNames].sort() }
}
