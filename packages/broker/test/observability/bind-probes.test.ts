import { DiskError } from '@streambus/base'
import { createBrokerMetrics } from '@streambus/metrics'
import { LogCorrupt } from '@streambus/storage-log'
import { describe, expect, it } from 'vitest'
import { bindConnections } from '../../src/observability/bind-connections.ts'
import { bindDisks } from '../../src/observability/bind-disks.ts'
import { bindLog, bindOffline } from '../../src/observability/bind-log.ts'
import { bindPartitions } from '../../src/observability/bind-partitions.ts'
import { bindRetentionClock } from '../../src/observability/bind-retention-clock.ts'
import { RepeatedLines } from '../../src/observability/repeated-lines.ts'
import { TopicSlots } from '../../src/observability/topic-slots.ts'
import { capturedLog } from './captured-log.ts'
import { ManualClock } from './manual-clock.ts'

describe('bindConnections', () => {
  it('counts per listener and for the broker as a whole', () => {
    const metrics = createBrokerMetrics()
    const { cells } = metrics
    const [inner, outer] = [bindConnections(metrics, 'INNER'), bindConnections(metrics, 'OUTER')]
    inner.opened()
    outer.opened()
    outer.opened()
    outer.closed('idle')
    outer.rejected('connections-max')
    inner.bytesIn(10)
    outer.bytesIn(5)
    outer.bytesOut(7)
    outer.requestFramed()
    inner.networkError('frame-size')
    outer.networkError('reset')
    expect(cells.brokerConnections.value).toBe(2)
    expect(cells.connectionsActive.child('INNER').value).toBe(1)
    expect(cells.connectionsActive.child('OUTER').value).toBe(1)
    expect(cells.connectionsCreated.child('OUTER').value).toBe(2)
    expect(cells.connectionsRejected.child('OUTER', 'max_connections').value).toBe(1)
    expect(cells.connectionsClosed.child('OUTER', 'idle').value).toBe(1)
    expect(cells.networkBytesIn.value).toBe(15)
    expect(cells.networkBytesOut.value).toBe(7)
    expect(cells.networkRequests.value).toBe(1)
    expect(cells.networkErrors.value).toBe(2)
    expect(cells.networkErrorsByReason.child('INNER', 'frame_size').value).toBe(1)
  })

  it('serves every reason at zero before it happens', async () => {
    const metrics = createBrokerMetrics()
    bindConnections(metrics, 'PLAINTEXT')
    const text = await metrics.render()
    expect(text).toContain('streambus_network_errors_by_reason_total{listener="PLAINTEXT",reason="malformed"} 0')
    expect(text).toContain('streambus_connections_rejected_total{listener="PLAINTEXT",reason="per_ip"} 0')
  })
})

describe('bindPartitions and bindLog', () => {
  it('count what producers sent, what consumers got and what was stored, each once', () => {
    const metrics = createBrokerMetrics()
    const { cells } = metrics
    const slots = new TopicSlots(
      () => 10,
      () => false
    )
    const partitions = bindPartitions(metrics, slots)
    const topic = partitions.forTopic('t')
    const { log } = capturedLog()
    const logs = bindLog(metrics, log, new RepeatedLines(new ManualClock()))
    topic.produced(10, 1_000, 'zstd')
    logs.appended(10, 1_000, 2)
    logs.appended(1, 80, 3)
    topic.consumed(4, 400, -5)
    topic.committed(3)
    partitions.produceHandled(-1)
    partitions.fetchHandled(true)
    expect([cells.messagesProduced.value, cells.bytesProduced.value]).toEqual([10, 1_000])
    expect([cells.messagesStored.value, cells.bytesStored.value]).toEqual([11, 1_080])
    expect([cells.messagesConsumed.value, cells.bytesConsumed.value]).toEqual([4, 400])
    expect([cells.logAppend.count, cells.logAppend.sum]).toEqual([2, 0.005])
    expect(cells.commitLatency.counts.indexOf(1)).toBe(1)
    expect([cells.endToEndLatency.count, cells.endToEndLatency.sum]).toEqual([1, 0])
    expect(cells.produceBatches.child('zstd').value).toBe(1)
    expect([cells.produceAcks.child('all').value, cells.fetches.child('empty').value]).toEqual([1, 1])
  })

  it('tell the operator when storage is slow', () => {
    const { log, lines } = capturedLog()
    const logs = bindLog(createBrokerMetrics(), log, new RepeatedLines(new ManualClock()))
    logs.appended(1, 80, 1_000)
    logs.flushed(1_000, 'append')
    logs.readBytes(1, 1_000)
    expect(lines).toEqual([])
    logs.appended(1, 80, 1_001)
    logs.flushed(2_500, 'append')
    logs.readBytes(1, 1_001)
    expect(lines.map(({ fields }) => [fields['event'], fields['op'], fields['duration_ms']])).toEqual([
      ['slow_storage', 'append', 1_001],
      ['slow_storage', 'flush', 2_500],
      ['slow_storage', 'read', 1_001]
    ])
  })

  it('tell the operator about torn tails and full disks, the latter once a minute', () => {
    const metrics = createBrokerMetrics()
    const { log, lines } = capturedLog()
    const probe = bindLog(metrics, log, new RepeatedLines(new ManualClock()))
    probe.opened(20, '/data/orders-0')
    probe.opened(30, '/more/data/orders-1')
    probe.recovered(4_096, 0)
    probe.recovered(4_096, 12)
    for (let count = 0; count < 3; count++) probe.diskFull('/data/orders-0')
    expect(lines.map(({ level, fields }) => [level, fields['event']])).toEqual([
      ['debug', 'log_recovered'],
      ['warn', 'log_recovered'],
      ['error', 'disk_full']
    ])
    expect(metrics.cells.recoveryCutBytes.value).toBe(12)
    const { recoveryDuration } = metrics.cells
    expect([...recoveryDuration.children()].map(({ labels, cell }) => [labels['log_dir'], cell.sum])).toEqual([
      ['/data', 0.02],
      ['/more/data', 0.03]
    ])
  })
})

describe('damage', () => {
  it('is counted by what is damaged, each kind from the start', () => {
    const metrics = createBrokerMetrics()
    const { cells } = metrics
    const { log, lines } = capturedLog()
    const probe = bindLog(metrics, log, new RepeatedLines(new ManualClock()))
    const offline = bindOffline(metrics, log)
    const counts = (): (number | undefined)[] =>
      ['partition', 'range', 'hole', 'small_file'].map(reason => cells.logCorruptions.child(reason).value)
    expect(cells.logCorruptions.size).toBe(4)
    const corrupt = new LogCorrupt({ path: '/r', position: 0, reason: 'rot', quarantined: null })
    probe.fileIgnored({ path: '/f', problem: 'checksum', consequence: 'none' })
    probe.indexRebuilt('/i', 'wrong')
    const rebuilds = [...cells.indexRebuilds.children()].map(({ labels, cell }) => [labels['reason'], cell.value])
    expect(rebuilds).toEqual([
      ['missing', 0],
      ['wrong', 1]
    ])
    probe.holeFound({ path: '/h', fromOffset: 3, untilOffset: 9 })
    probe.rangeOffline('/r', 0, 5, corrupt)
    probe.rangeOffline('/s', 0, 5, new DiskError({ code: 'EIO', operation: 'read', path: '/s' }))
    offline('t', 0, corrupt)
    offline('t', 1, new Error('no room'))
    probe.tailSetAside({ path: '/t', bytes: 9, fromOffset: 3, hasBatches: true })
    expect(counts()).toEqual([1, 1, 1, 1])
    expect([cells.rangesOffline.value, cells.recoveryTailsKept.value]).toEqual([2, 1])
    expect(lines.filter(({ fields }) => fields['event'] === 'partition_offline')).toHaveLength(2)
  })
})

describe('bindDisks', () => {
  function setup() {
    const metrics = createBrokerMetrics()
    const { log, lines } = capturedLog()
    const repeated = new RepeatedLines(new ManualClock())
    const probe = bindDisks(metrics, { log, repeated }, ['/a', '/b'])
    const events = () => lines.map(({ level, fields }) => [level, fields['event'], fields['log_dir']])
    return { metrics, cells: metrics.cells, probe, lines, events }
  }

  it('serves every directory at zero before anything happens', async () => {
    const text = await setup().metrics.render()
    expect(text).toContain('streambus_log_dir_stalls_total{log_dir="/b"} 0')
    expect(text).toContain('streambus_log_dir_sync_running_seconds{log_dir="/a"} 0')
    expect(text).toContain('streambus_log_dir_space_low{log_dir="/a"} 0')
    expect(text).toContain('streambus_log_dir_writes_refused{log_dir="/a",reason="stall"} 0')
    expect(text).toContain('streambus_log_dir_writes_refused{log_dir="/b",reason="space"} 0')
  })

  it('counts every stall and tells the operator of one a minute', () => {
    const { cells, probe, events } = setup()
    probe.syncRunning('/a', 6_000)
    probe.stalled('/a', 6_000)
    probe.stallRefusal('/a', '/a: slow')
    expect(cells.logDirectoryRefusing.child('/a', 'stall').value).toBe(1)
    probe.stallRefusal('/a', null)
    probe.stallEnded('/a')
    probe.stalled('/a', 5_500)
    expect(events()).toEqual([
      ['warn', 'disk_stalled', '/a'],
      ['error', 'disk_stalled_refusing', '/a'],
      ['info', 'disk_stall_ended', '/a']
    ])
    expect(cells.logDirectoryStalls.child('/a').value).toBe(2)
    expect(cells.logDirectorySyncRunning.child('/a').value).toBe(6)
    expect(cells.logDirectoryRefusing.child('/a', 'stall').value).toBe(0)
  })

  it('tells the operator when space runs low, when producers are refused and when each is over', () => {
    const { cells, probe, events } = setup()
    probe.spaceLow('/b', '/b: low')
    probe.spaceRefusal('/b', '/b: full')
    const values = () => [
      cells.logDirectorySpaceLow.child('/b').value,
      cells.logDirectoryRefusing.child('/b', 'space').value
    ]
    expect(values()).toEqual([1, 1])
    probe.spaceRefusal('/b', null)
    probe.spaceLow('/b', null)
    expect(values()).toEqual([0, 0])
    expect(events()).toEqual([
      ['warn', 'disk_space_low', '/b'],
      ['error', 'disk_full', '/b'],
      ['info', 'disk_full_ended', '/b'],
      ['info', 'disk_space_enough', '/b']
    ])
  })

  it('calls a directory full while the room that was kept is in use, and while writes fail', () => {
    const { cells, probe, events } = setup()
    const values: number[] = []
    const now = (): void => void values.push(cells.logDirectoryRefusing.child('/a', 'full').value)
    probe.writesFailing('/a', '/a: writes fail')
    now()
    probe.fullRefusal('/a', '/a: full')
    probe.writesFailing('/a', null)
    now()
    probe.fullRefusal('/a', null)
    now()
    expect(values).toEqual([1, 1, 0])
    expect(cells.logDirectoryRefusing.child('/b', 'full').value).toBe(0)
    expect(events().map(([, event]) => event)).toEqual(['disk_full', 'disk_full', 'disk_full_ended', 'disk_full_ended'])
  })
})

describe('bindRetentionClock', () => {
  it('counts steps by direction and says both times', async () => {
    const metrics = createBrokerMetrics()
    const { log, lines } = capturedLog()
    const probe = bindRetentionClock(metrics, log)
    expect(await metrics.render()).toContain('streambus_retention_clock_steps_total{direction="backward"} 0')
    probe.stepped('forward', Date.UTC(2030, 0, 1), Date.UTC(2026, 0, 1))
    probe.behind(4_000)
    probe.stepped('backward', Number.MAX_SAFE_INTEGER, 0)
    probe.believed(0)
    expect(lines.map(({ level, fields }) => [level, fields])).toEqual([
      [
        'warn',
        {
          event: 'clock_stepped',
          direction: 'forward',
          wall: '2030-01-01T00:00:00.000Z',
          expected: '2026-01-01T00:00:00.000Z'
        }
      ],
      [
        'warn',
        {
          event: 'clock_stepped',
          direction: 'backward',
          wall: '9007199254740991',
          expected: '1970-01-01T00:00:00.000Z'
        }
      ],
      ['info', { event: 'clock_believed', wall: '1970-01-01T00:00:00.000Z' }]
    ])
    expect(metrics.cells.retentionClockSteps.child('forward').value).toBe(1)
    expect(metrics.cells.retentionClockBehind.value).toBe(4)
  })
})
