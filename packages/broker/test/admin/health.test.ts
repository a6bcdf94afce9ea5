import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHECK_STATES, type CheckReport, type CheckResult, Health, type HealthCheck } from '../../src/admin/health.ts'
import { ManualClock } from '../observability/manual-clock.ts'

function setup(checks: readonly HealthCheck[]) {
  const clock = new ManualClock()
  const reports: CheckReport[] = []
  const onReport = (report: CheckReport): void => void reports.push(report)
  return { clock, reports, health: new Health({ checks, clock, onReport, timeLimitMs: () => 2_000 }) }
}

const check = (name: string, run: HealthCheck['run']): HealthCheck => ({ name, partOf: 'broker', run })
const OK: CheckResult = { state: 'ok', message: '' }
const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))
const passing = check('passing', () => OK)

describe('Health', () => {
  it('gives a check that hangs its time limit, and the others their result', async () => {
    const { clock, health, reports } = setup([passing, check('hanging', () => new Promise(() => {}))])
    const running = health.run()
    await expect.poll(() => reports.map(({ name }) => name)).toEqual(['passing'])
    clock.advance(2_000)
    const report = await running
    expect(report.isHealthy).toBe(false)
    expect(report.checks.map(({ name, state, message, durationMs }) => [name, state, message, durationMs])).toEqual([
      ['passing', 'ok', '', 0],
      ['hanging', 'error', 'no result for 2000 ms', 2_000]
    ])
  })

  it('holds nobody up twice for a check that hangs, does not run it again meanwhile, and hears when it ends', async () => {
    let runs = 0
    let end: (result: CheckResult) => void = () => {}
    const hanging = check('hanging', () => {
      runs++
      return new Promise(resolve => {
        end = resolve
      })
    })
    const { clock, health } = setup([hanging])
    const first = health.run()
    await Promise.resolve()
    clock.advance(2_000)
    await first
    clock.advance(5_000)
    expect(await health.run()).toMatchObject({ checks: [{ state: 'error', message: 'no result for 7000 ms' }] })
    expect([runs, clock.timerCount]).toEqual([1, 0])
    end(OK)
    await turn()
    const again = health.run()
    await turn()
    end(OK)
    expect((await again).isHealthy).toBe(true)
    expect([runs, clock.timerCount]).toEqual([2, 0])
  })

  it('turns a check that throws, at once or later, into one in error', async () => {
    const boom = new Error('boom')
    const { health } = setup([
      check('now', () => {
        throw boom
      }),
      check('later', () => Promise.reject(boom))
    ])
    const { checks } = await health.run()
    expect(checks.map(({ message }) => message)).toEqual(['check failed: Error: boom', 'check failed: Error: boom'])
  })

  it('runs checks once for callers that come together, and leaves no timer', async () => {
    let runs = 0
    const { health, clock } = setup([check('counted', () => ({ state: 'ok', message: String(++runs) }))])
    await Promise.all([health.run(), health.run()])
    expect(runs).toBe(1)
    await health.run()
    expect(runs).toBe(2)
    expect(clock.timerCount).toBe(0)
  })

  it('measures each check by itself, whatever the others do at the same time', async () => {
    const clock = new ManualClock()
    const busy = (ms: number) => (): CheckResult => {
      clock.advance(ms)
      return OK
    }
    const later = check('later', async () => {
      clock.advance(3)
      return OK
    })
    const { checks } = await new Health({ checks: [check('a', busy(5)), later, check('b', busy(7))], clock }).run()
    expect(checks.map(({ durationMs }) => durationMs)).toEqual([5, expect.any(Number), 7])
  })

  it('is healthy with warnings and with what is degraded, and never with an error, whatever takes how long', async () => {
    const planned = fc.record({ state: fc.constantFrom(...CHECK_STATES), delayMs: fc.integer({ min: 0, max: 4_000 }) })
    const run = async (plan: readonly { state: CheckResult['state']; delayMs: number }[]): Promise<void> => {
      const { clock, health } = setup(
        plan.map(({ state, delayMs }, index) =>
          check(String(index), () => {
            const { promise, resolve } = Promise.withResolvers<CheckResult>()
            clock.after(delayMs, () => resolve({ state, message: state }))
            return promise
          })
        )
      )
      const running = health.run()
      for (let ms = 0; ms <= 4_000; ms += 100) {
        clock.advance(100)
        for (let turn = 0; turn < 3; turn++) await Promise.resolve()
      }
      const { isHealthy, checks } = await running
      // The limit's timer is set before the check's own, so at the very limit it is too late.
      const expected = plan.map(({ state, delayMs }) =>
        Math.max(100, Math.ceil(delayMs / 100) * 100) >= 2_000 ? 'error' : state
      )
      expect(checks.map(({ state }) => state)).toEqual(expected)
      expect(isHealthy).toBe(!expected.includes('error'))
      expect(Math.max(0, ...checks.map(({ durationMs }) => durationMs))).toBeLessThanOrEqual(2_000)
      expect(clock.timerCount).toBe(0)
    }
    await fc.assert(fc.asyncProperty(fc.array(planned, { maxLength: 6 }), run), { numRuns: 50 })
  })
})
