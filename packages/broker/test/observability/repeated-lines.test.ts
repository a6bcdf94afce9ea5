import { createBrokerMetrics } from '@streambus/metrics'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bindLogLines } from '../../src/observability/bind-log-lines.ts'
import { RepeatedLines } from '../../src/observability/repeated-lines.ts'
import { capturedLog } from './captured-log.ts'
import { ManualClock } from './manual-clock.ts'

function setup(remindersMax?: number) {
  const clock = new ManualClock()
  const { log, lines } = capturedLog()
  const counted = { suppressed: 0 }
  const repeated = new RepeatedLines(clock, () => counted.suppressed++, remindersMax)
  const line = (message: string) => ({ log, level: 'warn' as const, message, fields: { event: 'e', n: 1 } })
  return {
    clock,
    lines,
    counted,
    repeated,
    write: (key: string) => repeated.write(key, line(key)),
    remind: (key: string) => repeated.remind(key, line(key))
  }
}

describe('a call site', () => {
  it('writes ten lines a second, whatever else is in its keys, and then how many were left out', () => {
    const { clock, lines, counted, write } = setup()
    for (let i = 0; i < 25; i++) write(`slow ${i}`)
    write('close 1')
    expect(lines).toHaveLength(11)
    clock.advance(999)
    write('slow again')
    expect(lines).toHaveLength(11)
    clock.advance(1)
    expect(counted.suppressed).toBe(16)
    expect(lines[11]).toEqual({ level: 'warn', message: 'slow again', fields: { event: 'e', suppressed: 16 } })
    expect(clock.timerCount).toBe(0)
    write('slow anew')
    expect(lines[12]?.fields).toEqual({ event: 'e', n: 1 })
    clock.advance(60_000)
    expect(lines).toHaveLength(13)
  })

  it('says at the end of the process what it holds back, and leaves no timer', () => {
    const { clock, lines, repeated, write } = setup()
    for (let i = 0; i < 12; i++) write('slow')
    repeated.flush()
    repeated.flush()
    expect(lines.at(-1)?.fields).toEqual({ event: 'e', suppressed: 2 })
    expect(lines).toHaveLength(11)
    expect(clock.timerCount).toBe(0)
  })

  it('shows in streambus_log_suppressed_total what it left out', () => {
    const metrics = createBrokerMetrics()
    const lines = bindLogLines(metrics)
    const repeated = new RepeatedLines(new ManualClock(), () => lines.suppressed())
    const { log } = capturedLog()
    for (let i = 0; i < 15; i++) repeated.write('x', { log, level: 'info', message: '' })
    expect(metrics.cells.logSuppressed.value).toBe(5)
  })

  it('counts nothing that its level would not write', () => {
    const { log } = capturedLog()
    const counted = { suppressed: 0 }
    const repeated = new RepeatedLines(new ManualClock(), () => counted.suppressed++)
    for (let i = 0; i < 20; i++) {
      repeated.write('x', { log: { ...log, isEnabled: () => false }, level: 'debug', message: '' })
    }
    expect(counted.suppressed).toBe(0)
  })
})

describe('a reminder', () => {
  it('is written once a minute for each key, and the next one says how many were left out', () => {
    const { clock, lines, counted, remind } = setup()
    for (let count = 0; count < 5; count++) remind('full a')
    remind('full b')
    clock.advance(59_999)
    remind('full a')
    clock.advance(1)
    remind('full a')
    clock.advance(60_000)
    remind('full a')
    expect(counted.suppressed).toBe(5)
    expect(lines.map(({ message, fields }) => [message, fields['suppressed']])).toEqual([
      ['full a', undefined],
      ['full b', undefined],
      ['full a', 5],
      ['full a', undefined]
    ])
    expect(lines[2]?.fields).toEqual({ event: 'e', n: 1, suppressed: 5 })
  })

  it('of thousands of keys is written no oftener than other lines', () => {
    const { lines, remind } = setup()
    for (let i = 0; i < 5_000; i++) remind(`read t-${i}`)
    expect(lines).toHaveLength(10)
  })
})

it('no count is lost: every call is a line or in some line’s number, also beyond the limit of keys', () => {
  const call = fc.record({
    kind: fc.constantFrom('write' as const, 'remind' as const),
    key: fc.nat({ max: 9 }),
    waitMs: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 300, 40_000)
  })
  fc.assert(
    fc.property(fc.array(call, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (calls, keysMax) => {
      const { clock, lines, counted, repeated, ...by } = setup(keysMax)
      for (const { kind, key, waitMs } of calls) {
        clock.advance(waitMs)
        by[kind](`site ${key}`)
      }
      repeated.flush()
      const written = lines.filter(({ fields }) => fields['n'] === 1).length
      const left = lines.reduce((sum, { fields }) => sum + Number(fields['suppressed'] ?? 0), 0)
      expect(written + left).toBe(calls.length)
      expect(counted.suppressed).toBe(left)
    })
  )
})
