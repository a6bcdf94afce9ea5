import { describe, expect, it } from 'vitest'
import { judgeDisks, judgePartitions } from '../../src/doctor/judge-storage.ts'
import { admin, broken, broker, gathered, settings, there } from './facts.ts'

const GIB = 2 ** 30
const LIMITS = { 'log.dir.free.refuse.bytes': String(GIB), 'log.dir.free.warn.bytes': String(5 * GIB) }

function space(usableBytes: number, options: { total?: number; error?: string; limits?: Record<string, string> } = {}) {
  const { total = 100 * GIB, error = null, limits = LIMITS } = options
  const directory = { path: '/data', error, totalBytes: total, usableBytes }
  return judgeDisks(gathered({ brokers: [broker({ logDirectories: there([directory]), settings: settings(limits) })] }))
}

describe('disk space', () => {
  it.each([
    [50 * GIB, 'ok'],
    [4.9 * GIB, 'warning'],
    [0.9 * GIB, 'failed']
  ])('of %d bytes out of 100 GiB is %s', (usable, state) => {
    expect(space(usable)).toMatchObject([{ state }])
  })

  it('goes by shares on a small disk, as the broker does', () => {
    expect(space(0.8 * GIB, { total: 4 * GIB })).toMatchObject([{ state: 'ok' }])
    expect(space(0.5 * GIB, { total: 4 * GIB })).toMatchObject([{ state: 'warning' }])
    expect(space(0.1 * GIB, { total: 4 * GIB })).toMatchObject([{ state: 'failed' }])
  })

  it('near the refusal is a warning even when log.dir.free.warn.bytes=0', () => {
    const limits = { ...LIMITS, 'log.dir.free.warn.bytes': '0' }
    expect(space(1.2 * GIB, { limits })).toMatchObject([{ state: 'warning' }])
    expect(space(2 * GIB, { limits })).toMatchObject([{ state: 'ok' }])
  })

  it('of a broker without those settings is expected above a tenth', () => {
    expect(space(9 * GIB, { limits: {} })).toMatchObject([{ state: 'warning' }])
    expect(space(11 * GIB, { limits: {} })).toMatchObject([{ state: 'ok' }])
  })

  it('is skipped where it is not known, failed where the directory is offline', () => {
    expect(space(-1)).toMatchObject([{ state: 'skipped' }])
    expect(space(GIB, { error: 'KAFKA_STORAGE_ERROR' })).toMatchObject([
      { state: 'failed', found: expect.stringContaining('KAFKA_STORAGE_ERROR') }
    ])
    expect(judgeDisks(gathered({ brokers: [broker({ logDirectories: broken('late') })] }))).toMatchObject([
      { state: 'skipped' }
    ])
    expect(judgeDisks(gathered({ brokers: [] }))).toMatchObject([{ state: 'skipped' }])
  })
})

describe('what metrics say of disks', () => {
  it.each([
    ['streambus_log_dir_writes_refused{log_dir="/d",reason="stall"} 1', 'failed', /refused now \(reason stall\)/],
    ['streambus_log_dir_sync_running_seconds{log_dir="/d"} 6', 'warning', /6\.0 s/],
    ['streambus_log_dir_sync_running_seconds{log_dir="/d"} 40', 'failed', /40\.0 s/],
    ['streambus_log_dir_stalls_total{log_dir="/d"} 2', 'warning', /2 syncs/],
    [
      'streambus_log_dir_total_inodes{log_dir="/d"} 1000\nstreambus_log_dir_free_inodes{log_dir="/d"} 500',
      'ok',
      /500 of/
    ],
    [
      'streambus_log_dir_total_inodes{log_dir="/d"} 1000\nstreambus_log_dir_free_inodes{log_dir="/d"} 50',
      'warning',
      /50 of/
    ],
    [
      'streambus_log_dir_total_inodes{log_dir="/d"} 1000\nstreambus_log_dir_free_inodes{log_dir="/d"} 5',
      'failed',
      /5 of/
    ],
    ['streambus_storage_errors_total{op="sync",code="EIO"} 1', 'warning', /sync failed 1 times with EIO/],
    ['streambus_log_corruptions_total{reason="range"} 1', 'warning', /damage/]
  ])('%s', (text, state, found) => {
    const [, ...findings] = judgeDisks(gathered({ brokers: [], admin: admin(text) }))
    expect(findings).toMatchObject([{ state, found: expect.stringMatching(found) }])
  })

  it('and nothing where all is well, or a filesystem has no count of inodes', () => {
    const text = `streambus_log_dir_writes_refused{log_dir="/d",reason="stall"} 0
streambus_log_dir_sync_running_seconds{log_dir="/d"} 0
streambus_log_dir_stalls_total{log_dir="/d"} 0
streambus_log_dir_total_inodes{log_dir="/d"} 0
streambus_log_dir_free_inodes{log_dir="/d"} 0
streambus_storage_errors_total{op="sync",code="EIO"} 0
streambus_log_corruptions_total{reason="range"} 0`
    expect(judgeDisks(gathered({ brokers: [], admin: admin(text) }))).toMatchObject([{ state: 'skipped' }])
  })
})

describe('partitions', () => {
  const judge = (leaderId: number, inSync: number, text = '') => {
    const partitions = [{ name: 't-0', leaderId, replicas: 2, inSync }]
    const metadata = there({ clusterId: 'c', brokers: [], partitions, topics: there([]) })
    return judgePartitions(gathered({ metadata, admin: admin(text) }))
  }

  it('are ok with a leader and all copies, else named', () => {
    expect(judge(0, 2)).toMatchObject([{ state: 'ok' }])
    expect(judge(-1, 2)).toMatchObject([{ state: 'failed', found: 'without a leader: t-0' }])
    expect(judge(0, 1)).toMatchObject([{ state: 'warning', found: 'not all replicas are in sync: t-0' }])
    expect(judge(0, 2, 'streambus_offline_partitions 3')).toMatchObject([{ state: 'failed' }])
    expect(judgePartitions(gathered({ metadata: null }))).toMatchObject([{ state: 'skipped' }])
  })
})
