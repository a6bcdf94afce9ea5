import { nodeClock, nodePrng } from '@streambus/base/node'
import { type BrokerMetrics, createBrokerMetrics } from '@streambus/metrics'
import { MemoryDisk } from '@streambus/testkit'
import { DiskProbe } from '../../src/admin/disk-probe.ts'
import type { Route } from '../../src/admin/route.ts'
import { adminRoutes } from '../../src/admin/routes/index.ts'
import { type AdminLimits, AdminServer } from '../../src/admin/server.ts'
import { Tokens } from '../../src/admin/tokens.ts'
import { ADMIN_TOKEN } from '../../src/config/settings/admin.ts'
import { liveHealth } from '../../src/live-health.ts'
import { bindState } from '../../src/observability/bind-state.ts'
import { createPinoLog } from '../../src/observability/pino-log.ts'
import { RepeatedLines } from '../../src/observability/repeated-lines.ts'
import { capturedLog, type Line } from '../observability/captured-log.ts'
import { FakeBrokerView } from '../observability/fake-broker-view.ts'
import { ManualClock } from '../observability/manual-clock.ts'

export interface RunningServer {
  readonly url: string
  readonly port: number
  readonly view: FakeBrokerView
  readonly metrics: BrokerMetrics
  /** Where the storage check writes: `/data`. */
  readonly disk: MemoryDisk
  readonly clock: ManualClock
  readonly lines: Line[]
  readonly server: AdminServer
}

export const TOKEN = 'test-token-0123456789'

/** An admin server on a free port with a standing clock for what it shows and a real one for its work. */
export async function startServer(
  extra: readonly Route[] = [],
  listed: readonly string[] = [],
  heapSnapshotBytes = 2 ** 40,
  { metrics = createBrokerMetrics(), limits = {} }: { metrics?: BrokerMetrics; limits?: Partial<AdminLimits> } = {}
): Promise<RunningServer> {
  const view = new FakeBrokerView()
  const clock = new ManualClock()
  const { log, lines } = capturedLog()
  bindState(metrics, view, clock)
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  const health = liveHealth({
    view,
    metrics,
    clock,
    disk: new DiskProbe(disk, clock),
    timeLimitMs: () => 2_000,
    uncleanablePartitions: () => 0
  })
  const identity = { clock, version: view.version, environment: view.environment, brokerId: 1, clusterId: () => null }
  const { control: logControl } = createPinoLog({ ...identity, level: 'info', destination: { write() {} } })
  const server = new AdminServer({
    host: '127.0.0.1',
    port: 0,
    routes: [
      ...adminRoutes({ view, health, metrics, clock, log, logControl, heapSnapshotBytesMax: () => heapSnapshotBytes }),
      ...extra
    ],
    metrics,
    clock: nodeClock,
    prng: nodePrng,
    log,
    repeated: new RepeatedLines(clock),
    tokens: new Tokens({ listed, filePath: null, format: ADMIN_TOKEN, disk, clock, onProblem() {} }),
    kafkaAddress: () => '127.0.0.1:9092',
    limits
  })
  const { port } = await server.start()
  return { url: `http://127.0.0.1:${port}`, port, view, metrics, disk, clock, lines, server }
}
