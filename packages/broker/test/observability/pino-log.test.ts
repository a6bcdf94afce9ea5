import { describe, expect, it } from 'vitest'
import type { LogLevel } from '../../src/observability/log.ts'
import { createPinoLog } from '../../src/observability/pino-log.ts'
import { ManualClock } from './manual-clock.ts'

function setup() {
  const lines: string[] = []
  const counted: LogLevel[] = []
  const { log, control } = createPinoLog({
    level: 'info',
    destination: { write: line => void lines.push(line) },
    clock: new ManualClock(),
    version: '0.1.0',
    environment: 'test',
    brokerId: 7,
    clusterId: () => (lines.length === 0 ? null : 'cluster-a'),
    onLine: level => void counted.push(level)
  })
  const parsed = (): Record<string, unknown>[] => lines.map(line => JSON.parse(line) as Record<string, unknown>)
  return { log, control, lines, parsed, counted }
}

describe('pino log', () => {
  it('writes one JSON object per line with the agreed fields', () => {
    const { log, lines, parsed, counted } = setup()
    log.named('admin.http').warn('slow', { duration_ms: 12.5 })
    log.info('next')
    expect(lines.every(line => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1)).toBe(true)
    expect(parsed()[0]).toEqual({
      level: 'warn',
      timestamp: '2024-11-10T10:00:00.000Z',
      service: 'streambus',
      version: '0.1.0',
      environment: 'test',
      broker_id: 7,
      cluster: null,
      logger: 'admin.http',
      duration_ms: 12.5,
      message: 'slow'
    })
    expect(parsed()[1]).toMatchObject({ cluster: 'cluster-a', logger: 'broker' })
    expect(counted).toEqual(['warn', 'info'])
  })

  it('cannot be made to write a second line, and cuts what is too long', () => {
    const { log, lines, parsed } = setup()
    log.info('client said', { client_id: 'a\n{"level":"fatal"}', huge: 'x'.repeat(100_000) })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.length).toBeLessThan(10_000)
    expect(parsed()[0]?.['client_id']).toBe('a\n{"level":"fatal"}')
  })

  it('gives errors with their stack', () => {
    const { log, parsed } = setup()
    log.error('failed', { err: new RangeError('too far') })
    expect(parsed()[0]?.['err']).toMatchObject({
      type: 'RangeError',
      message: 'too far',
      stack: expect.stringContaining('RangeError')
    })
  })

  it('changes levels at run time, for all and for one logger, also for logs that exist already', () => {
    const { log, control, parsed } = setup()
    const admin = log.named('admin.http')
    admin.debug('1')
    control.setLoggerLevel('admin.http', 'debug')
    admin.debug('2')
    log.debug('3')
    control.setLevel('error')
    log.warn('4')
    admin.debug('5')
    control.setLoggerLevel('admin.http', null)
    admin.warn('6')
    log.error('7')
    expect(parsed().map(line => line['message'])).toEqual(['2', '5', '7'])
  })

  it('limits the number of loggers with levels of their own', () => {
    const { control } = setup()
    const accepted = Array.from({ length: 200 }, (_, index) => control.setLoggerLevel(`l${index}`, 'debug'))
    expect(accepted.filter(Boolean)).toHaveLength(100)
    expect(control.setLoggerLevel('l0', 'warn')).toBe(true)
  })
})
