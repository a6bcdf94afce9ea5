import type { LogFields, LogLevel } from '../../src/observability/log.ts'
import { type Log, SILENT_LOG } from '../../src/observability/log.ts'

export interface Line {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

/** A log that keeps its lines. */
export function capturedLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = []
  const write: Log['write'] = (level, message, fields = {}) => void lines.push({ level, message, fields })
  const log: Log = {
    ...SILENT_LOG,
    isEnabled: () => true,
    write,
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    fatal: (message, fields) => write('fatal', message, fields),
    named: () => log
  }
  return { log, lines }
}
