import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { encodeRequestFrame, metadataApi } from '@streambus/protocol'
import { type SpawnedBroker, tempDir } from '@streambus/testkit'
import { mustRun } from '../../../../tools/drill/run-cli.ts'
import { pause, untilAborted } from '../../../../tools/drill/scenario.ts'
import { MetricsPage } from '../../load/metrics-page.ts'
import type { Act, Stage } from '../act.ts'
import { ControlGroup, whyNoControlGroup } from '../control-group.ts'
import { Hoard } from '../hoard.ts'
import { RawClient } from '../raw-client.ts'
import { steadily } from '../steady.ts'

const MIB = 1024 * 1024
const HEAP_MIB = 192
const HEAP_SHARE = 0.915
const HOURS_8_MS = 8 * 3_600_000
const ASKED_AT_ONCE = 10
const DESCRIPTORS = 300
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'

function needsFaketime(): string | null {
  return fs.existsSync(FAKETIME) ? null : `${FAKETIME} not found: install libfaketime`
}

/** The wall clock of the broker is off by what the file says: '+7200', in seconds; its other clocks are right. */
function clockFile(stage: Stage, offset: string): { file: string; environment: Readonly<Record<string, string>> } {
  const home = tempDir('clock')
  stage.cleanup.add('clock', () => home.remove())
  const file = path.join(home.path, 'offset')
  fs.writeFileSync(file, offset)
  const environment = {
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1'
  }
  return { file, environment }
}

/** Asks for more than the broker can answer, until the signal is aborted; one request costs it much, and us nothing. */
async function load(broker: SpawnedBroker, signal: AbortSignal): Promise<void> {
  await mustRun(broker.bootstrap, ['topic', 'create', 'load', '--partitions', '500'])
  const { hostname, port } = new URL(`tcp://${broker.bootstrap}`)
  const header = { api: metadataApi, version: 9, correlationId: 0, clientId: 'load' }
  const request = Buffer.concat(encodeRequestFrame({ ...header, body: { topics: null } }))
  const socket = net.connect(Number(port), hostname)
  const ask = (): void => {
    for (let count = 0; count < ASKED_AT_ONCE; count++) socket.write(request)
  }
  let answersBytes = 0
  let missingBytes = 0
  socket.on('data', chunk => {
    // All answers are alike: the first one says how long those to come are.
    if (answersBytes === 0) missingBytes = answersBytes = ASKED_AT_ONCE * (4 + chunk.readInt32BE(0))
    for (missingBytes -= chunk.length; missingBytes <= 0; missingBytes += answersBytes) ask()
  })
  // More than once, so that there is always one to be answered.
  for (let count = 0; count < 5; count++) ask()
  await untilAborted(signal)
  socket.destroy()
}

/** What the broker says now, past Prometheus, of metrics without labels. */
async function read({ adminUrl }: SpawnedBroker): Promise<(name: string) => number> {
  const page = new MetricsPage(await (await fetch(`${adminUrl}/metrics`)).text())
  return name => page.query(name)[0]?.value ?? 0
}

export const machineActs: readonly Act[] = [
  {
    name: 'too little CPU',
    alerts: ['HighCPUUsage', 'CpuThrottled', 'EventLoopSaturated'],
    whyNot: whyNoControlGroup,
    async perform(stage) {
      const broker = await stage.startBroker()
      const group = new ControlGroup(broker, { cores: 0.22 }, stage.cleanup)
      await load(broker, stage.signal)
      group.limit({ cores: 2 })
    }
  },
  {
    name: 'too little memory',
    alerts: ['HighMemoryUsage'],
    whyNot: whyNoControlGroup,
    async perform(stage) {
      const broker = await stage.startBroker()
      const group = new ControlGroup(broker, { memoryBytes: Math.ceil(broker.residentBytes * 1.06) }, stage.cleanup)
      await untilAborted(stage.signal)
      group.limit({ memoryBytes: 1024 * MIB })
    }
  },
  {
    name: 'too small a heap',
    alerts: ['HeapNearLimit', 'GcPressure'],
    async perform(stage) {
      const nodeArguments = [`--max-old-space-size=${HEAP_MIB}`, '--max-semi-space-size=1']
      // Series of what fills it would cost more than it, and its numbers must be new.
      const few = { 'metrics.groups.max': '0', 'metrics.topics.max': '0', 'metrics.series.max': '0' }
      const config = { ...few, 'metrics.cache.ms': '0' }
      const broker = await stage.startBroker({ nodeArguments, config })
      const hoard = await Hoard.open(broker.bootstrap)
      // What lives is hardly more after a collection than before it: slowly, and never up to the brim.
      while (!stage.signal.aborted) {
        const now = await read(broker)
        const share = now('nodejs_heap_size_used_bytes') / now('nodejs_heap_limit_bytes')
        if (share < HEAP_SHARE) await hoard.add()
        // Time for a collection: it may be garbage that is so much.
        await pause(share < HEAP_SHARE - 0.1 ? 0 : 100, stage.signal)
      }
      await hoard.clear()
    }
  },
  {
    name: 'too few file descriptors',
    alerts: ['FilesNearLimit'],
    async perform(stage) {
      const broker = await stage.startBroker({ descriptorsMax: DESCRIPTORS })
      const held: net.Socket[] = []
      // Clients alone are refused before that; those of the admin port come on top.
      const urls = [new URL(`tcp://${broker.bootstrap}`), new URL(broker.adminUrl)]
      await steadily(stage.signal, 2, async () => {
        const open = (await read(broker))('process_open_fds')
        for (let count = open; count < 0.95 * DESCRIPTORS; count++) {
          const { hostname, port } = urls[count % urls.length] as URL
          held.push(net.connect(Number(port), hostname).on('error', () => {}))
        }
      })
      for (const socket of held) socket.destroy()
    }
  },
  {
    name: 'a clock that has jumped',
    alerts: ['RetentionClockBehind'],
    whyNot: needsFaketime,
    async perform(stage) {
      const { file, environment } = clockFile(stage, '+0')
      await stage.startBroker({ environment, config: { 'log.retention.check.interval.ms': '1000' } })
      fs.writeFileSync(file, '+7200')
      await untilAborted(stage.signal)
      fs.writeFileSync(file, '+0')
    }
  },
  {
    name: 'nothing was compacted for hours',
    alerts: ['CompactionStalled'],
    whyNot: needsFaketime,
    async perform(stage) {
      const { environment } = clockFile(stage, `-${HOURS_8_MS / 1000}`)
      const timestamp = Date.now() - HOURS_8_MS
      // The pass that is due takes long; its end is what makes it good.
      const config = {
        'log.cleaner.io.max.bytes.per.second': '131072',
        'log.segment.bytes': String(MIB),
        'log.cleaner.backoff.ms': '1000'
      }
      const broker = await stage.startBroker({ environment, config })
      await mustRun(broker.bootstrap, ['topic', 'create', 'compacted', '--config', 'cleanup.policy=compact'])
      const producer = await RawClient.open(broker.bootstrap)
      for (let count = 0; count < 4; count++)
        await producer.mustSend({ topic: 'compacted', key: 'k', records: 8, bytes: MIB / 10, timestamp })
      producer.close()
      await untilAborted(stage.signal)
    }
  },
  {
    name: 'records that cannot be compacted',
    alerts: ['CompactionFailing'],
    async perform(stage) {
      const config = { 'log.segment.bytes': String(MIB), 'log.cleaner.backoff.ms': '1000' }
      const broker = await stage.startBroker({ config })
      const slowly = ['--config', 'cleanup.policy=compact', '--config', 'min.compaction.lag.ms=5000']
      await mustRun(broker.bootstrap, ['topic', 'create', 'compacted', ...slowly])
      const producer = await RawClient.open(broker.bootstrap)
      for (let count = 0; count < 4; count++)
        await producer.mustSend({ topic: 'compacted', key: 'k', records: 8, bytes: MIB / 10 })
      producer.close()
      const folder = path.join(broker.dataDir, 'compacted-0')
      const [oldest = ''] = fs
        .readdirSync(folder)
        .filter(name => name.endsWith('.log'))
        .sort()
      const file = fs.openSync(path.join(folder, oldest), 'r+')
      fs.writeSync(file, Buffer.alloc(1000, 0xff), 0, 1000, 1000)
      fs.closeSync(file)
      await untilAborted(stage.signal)
      await mustRun(broker.bootstrap, ['topic', 'delete', 'compacted'])
    }
  }
]
