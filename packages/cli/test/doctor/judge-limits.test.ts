import { describe, expect, it } from 'vitest'
import { judgeLimits } from '../../src/doctor/judge-limits.ts'
import { admin, DEAD_ADMIN, gathered } from './facts.ts'

const GIB = 2 ** 30

function judge(check: string, text: string) {
  return judgeLimits(gathered({ admin: admin(text) })).filter(finding => finding.check === check)
}

describe('limits', () => {
  it('are skipped without metrics, and each for itself without its own', () => {
    expect(judgeLimits(gathered({ admin: DEAD_ADMIN }))).toMatchObject([{ state: 'skipped' }])
    expect(judgeLimits(gathered({ admin: null }))).toMatchObject([{ state: 'skipped' }])
    expect(judgeLimits(gathered({ admin: admin('x 1') })).map(({ check, state }) => [check, state])).toEqual([
      ['descriptors', 'skipped'],
      ['connections', 'skipped'],
      ['memory', 'skipped'],
      ['heap', 'skipped']
    ])
  })

  it.each([
    [100, 'ok'],
    [8_000, 'warning'],
    [9_500, 'failed']
  ])('%d of 10,000 descriptors are %s', (open, state) => {
    expect(judge('descriptors', `process_open_fds ${open}\nprocess_max_fds 10000`)).toMatchObject([{ state }])
  })

  it('a low limit of descriptors is a warning, and so is one that segments do not fit into', () => {
    const of = (max: number, segments: number) =>
      judge('descriptors', `process_open_fds 9\nprocess_max_fds ${max}\nstreambus_segments ${segments}`)
    expect(of(1024, 10).map(({ found }) => found)).toEqual([
      expect.any(String),
      expect.stringContaining('4,096 or more')
    ])
    expect(of(8192, 2016)).toMatchObject([{ state: 'ok' }])
    expect(of(8192, 2017)).toMatchObject([
      { state: 'ok' },
      { state: 'warning', found: expect.stringContaining('2,016') }
    ])
  })

  it.each([
    [10, 'ok'],
    [80, 'warning'],
    [100, 'failed']
  ])('%d of 100 connections are %s', (active, state) => {
    const text = `streambus_connections_active{listener="L"} ${active}\nstreambus_connections_limit{listener="L"} 100`
    expect(judge('connections', text)).toMatchObject([{ state, found: expect.stringMatching(/^L: /) }])
  })

  it('fewer connections than configured, and refused ones, are warnings', () => {
    const limit = 'streambus_connections_limit{listener="L"} 100\n'
    expect(judge('connections', `${limit}streambus_config_value{key="max.connections"} 100`)).toHaveLength(1)
    expect(judge('connections', `${limit}streambus_config_value{key="max.connections"} 200`)).toMatchObject([
      { state: 'ok' },
      { state: 'warning', found: expect.stringContaining('100 of max.connections=200') }
    ])
    const rejected = 'streambus_connections_rejected_total{listener="L",reason="per_ip"} 3'
    expect(judge('connections', limit + rejected)).toMatchObject([
      { state: 'ok' },
      { state: 'warning', found: expect.stringContaining('(per_ip)') }
    ])
  })

  it.each([
    [0.5, 'ok'],
    [0.8, 'warning'],
    [0.95, 'failed']
  ])('memory that is taken to %d is %s', (share, state) => {
    const text = `process_resident_memory_bytes ${share * GIB}\nstreambus_memory_limit_bytes ${GIB}`
    expect(judge('memory', text)).toMatchObject([{ state }])
  })

  it('a heap and buffers that do not fit the memory are a warning', () => {
    const text = `process_resident_memory_bytes ${GIB}
streambus_memory_limit_bytes ${4 * GIB}
streambus_config_value{key="output.bytes.max"} ${GIB}`
    expect(judge('memory', `${text}\nnodejs_heap_limit_bytes ${3 * GIB}`)).toHaveLength(1)
    expect(judge('memory', `${text}\nnodejs_heap_limit_bytes ${3 * GIB + 1}`)).toMatchObject([
      { state: 'ok' },
      { state: 'warning' }
    ])
  })

  it.each(['0', 'NaN', '+Inf'])('a limit of %s is none', limit => {
    expect(judge('memory', `process_resident_memory_bytes 5\nstreambus_memory_limit_bytes ${limit}`)).toMatchObject([
      { state: 'skipped' }
    ])
  })

  it.each([
    [50, 'ok'],
    [80, 'warning'],
    [95, 'failed']
  ])('a heap that is full to %d %% is %s', (used, state) => {
    expect(judge('heap', `nodejs_heap_size_used_bytes ${used}\nnodejs_heap_limit_bytes 100`)).toMatchObject([{ state }])
  })
})
