import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { judgeGroups } from '../../src/doctor/judge-groups.ts'
import { printReport } from '../../src/doctor/report.ts'
import { Sink } from '../../src/sink.ts'
import { admin, DEAD_ADMIN, gathered } from './facts.ts'

function judge(text: string) {
  return judgeGroups(gathered({ admin: admin(text) }))
}

describe('groups', () => {
  it('are skipped without metrics, and ok while there are none or all get on', () => {
    expect(judgeGroups(gathered({ admin: DEAD_ADMIN }))).toMatchObject([{ state: 'skipped' }])
    expect(judge('streambus_consumer_group_lag{group=""} 0')).toMatchObject([{ state: 'ok', found: 'none' }])
    const text = `streambus_consumer_group_lag{group="g"} 5
streambus_consumer_group_retention_headroom_seconds{group="g",topic="t"} +Inf
streambus_consumer_group_status{group="g",status="OK"} 1
streambus_consumer_group_status{group="g",status="STOP"} 0`
    expect(judge(text)).toMatchObject([{ state: 'ok', found: expect.stringMatching(/^1,/) }])
  })

  it.each([
    [0, 'failed'],
    [3_599, 'warning'],
    [3_600, 'ok']
  ])('with %d s until retention takes what they have not read are %s', (seconds, state) => {
    const text = `streambus_consumer_group_retention_headroom_seconds{group="g",topic="t"} ${seconds}`
    expect(judge(text)).toMatchObject([{ state }])
  })

  it.each(['STOP', 'STALL'])('in %s are named with their lag', status => {
    const text = `streambus_consumer_group_lag{group="g"} 1234\nstreambus_consumer_group_status{group="g",status="${status}"} 1`
    expect(judge(text)).toMatchObject([{ state: 'warning', found: expect.stringMatching(/^g .*lag of 1,234/) }])
  })

  it('are looked at with a command that a shell takes as it is, whatever they are called', () => {
    const [finding] = judge('streambus_consumer_group_status{group="a\\"b\\\\c d",status="STOP"} 1')
    const stream = new PassThrough()
    printReport(new Sink(stream), [finding as Finding])
    expect(String(stream.read())).toContain(`. Look at its consumers: streambus group describe 'a"b\\c d'\n`)
  })
})
