import { describe, expect, it } from 'vitest'
import { judgeRuntime } from '../../src/doctor/judge-runtime.ts'
import { admin, DEAD_ADMIN, gathered } from './facts.ts'

const BEFORE =
  'nodejs_eventloop_time_seconds_total{state="active"} 10\nnodejs_eventloop_time_seconds_total{state="idle"} 90'

function judge(busy: number, { gc = 0, delay = 0.001 } = {}) {
  const after = `nodejs_eventloop_time_seconds_total{state="active"} ${10 + busy}
nodejs_eventloop_time_seconds_total{state="idle"} ${91 - busy}
nodejs_gc_duration_seconds_sum{kind="minor"} ${gc}
nodejs_eventloop_delay_seconds_bucket{le="${delay}"} 100
nodejs_eventloop_delay_seconds_bucket{le="+Inf"} 100`
  return judgeRuntime(gathered({ admin: admin(after, BEFORE) })).map(({ state }) => state)
}

describe('event loop and garbage collector', () => {
  it('are judged, and at most warned of, by what happened between the two looks', () => {
    expect(judge(0.1)).toEqual(['ok', 'ok', 'ok'])
    expect(judge(0.85)).toEqual(['warning', 'ok', 'ok'])
    expect(judge(1, { delay: 5, gc: 1 })).toEqual(['warning', 'warning', 'warning'])
    expect(judge(0.1, { delay: 0.2 })).toEqual(['ok', 'warning', 'ok'])
    expect(judge(0.1, { gc: 0.2 })).toEqual(['ok', 'ok', 'warning'])
  })

  it('that the control group stops are warned of', () => {
    const text = (seconds: number) =>
      `${BEFORE.replace('10', '10.5')}\nstreambus_cpu_throttled_seconds_total ${seconds}`
    const of = (seconds: number) =>
      judgeRuntime(gathered({ admin: admin(text(seconds), `${BEFORE}\nstreambus_cpu_throttled_seconds_total 1`) }))
    expect(of(1.2)).toContainEqual(expect.objectContaining({ check: 'cpu', state: 'warning' }))
    expect(of(1.01).map(({ check }) => check)).not.toContain('cpu')
  })

  it('are skipped without metrics', () => {
    expect(judgeRuntime(gathered({ admin: DEAD_ADMIN }))).toMatchObject([{ state: 'skipped' }])
    expect(judgeRuntime(gathered({ admin: admin('x 1') }))).toMatchObject([{ state: 'skipped' }])
  })
})
