import fs from 'node:fs'
import path from 'node:path'
import type { SpawnedBroker } from '@streambus/testkit'
import { diskScenario } from '../../../../tools/drill/disk-full.ts'
import { injectInto } from '../../../../tools/drill/process.ts'
import { mustRun } from '../../../../tools/drill/run-cli.ts'
import { untilAborted } from '../../../../tools/drill/scenario.ts'
import { mountTmpfs, obstacle } from '../../../durability/mounts.ts'
import { type Act, drillOn, type Stage } from '../act.ts'
import { RawClient } from '../raw-client.ts'
import { steadily } from '../steady.ts'

const MIB = 1024 * 1024
const PAGE_BYTES = 4096
/** Files that a small filesystem has room for. */
const INODES = 400
const needsMounts = (): string | null => obstacle(['mount', 'umount'], true)
const needsStrace = (): string | null => obstacle(['strace'], false)

async function topicOn({ bootstrap }: SpawnedBroker, name: string, ...more: readonly string[]): Promise<RawClient> {
  await mustRun(bootstrap, ['topic', 'create', name, ...more])
  return RawClient.open(bootstrap)
}

/** Each sync takes `delayMs` longer; `atOnce` requests wait for one another on one connection. */
function slowDisk(name: string, alerts: readonly string[], options: { delayMs: number; atOnce: number }): Act {
  return {
    name,
    alerts,
    whyNot: needsStrace,
    async perform(stage) {
      const broker = await stage.startBroker()
      const producer = await topicOn(broker, 'synced', '--config', 'flush.policy=synced')
      const { kill, ended } = injectInto(drillOn(broker, stage), 'fdatasync', `delay_exit=${options.delayMs * 1000}`)
      try {
        const sending = steadily(stage.signal, 1000, async () => {
          await Promise.all(Array.from({ length: options.atOnce }, () => producer.send({ topic: 'synced' })))
        })
        await Promise.race([sending, ended])
      } finally {
        kill()
        producer.close()
      }
    }
  }
}

/** The same for the log of the metadata alone, while topics are made: each is a record of it. */
function slowMetadata(name: string, alerts: readonly string[], delayMs: number): Act {
  return {
    name,
    alerts,
    whyNot: needsStrace,
    async perform(stage) {
      const broker = await stage.startBroker()
      const log = path.join(broker.dataDir, '__cluster_metadata-0/00000000000000000000.log')
      const { kill, ended } = injectInto(drillOn(broker, stage), 'fdatasync', `delay_exit=${delayMs * 1000}`, log)
      let count = 0
      try {
        const making = steadily(stage.signal, 1, () =>
          mustRun(broker.bootstrap, ['topic', 'create', `made-${count++}`])
        )
        await Promise.race([making, ended])
      } finally {
        kill()
      }
    }
  }
}

/** A filesystem of its own for the broker's log directory, mounted until the act ends. */
async function onSmallDisk(stage: Stage, options: { mib: number; inodes?: number }): Promise<[SpawnedBroker, string]> {
  const disk = mountTmpfs(options.mib * MIB, stage.cleanup, options.inodes)
  // The disk must be this full before anything happens by itself.
  const config = { 'log.dir.free.refuse.bytes': String(2 * MIB), 'log.dir.free.warn.bytes': '0' }
  return [await stage.startBroker({ dataDir: path.join(disk, 'data'), config }), disk]
}

/** Another program writes `pagesPerSecond` to the disk. */
function fills(name: string, alert: string, options: { mib: number; pagesPerSecond: number }): Act {
  return {
    name,
    alerts: [alert],
    // Its rule wants to have seen the disk for an hour: a minute.
    whyNot: needsMounts,
    async perform(stage) {
      const [, disk] = await onSmallDisk(stage, options)
      const file = path.join(disk, 'another-program')
      await steadily(stage.signal, 1, async () =>
        fs.appendFileSync(file, Buffer.alloc(options.pagesPerSecond * PAGE_BYTES))
      )
      fs.rmSync(file)
    }
  }
}

export const diskActs: readonly Act[] = [
  slowDisk('a slow disk', ['HighProduceLatency', 'FlushSlow'], { delayMs: 350, atOnce: 1 }),
  slowDisk('a very slow disk', ['ProduceLatencyCritical', 'RequestLatencyHigh'], { delayMs: 800, atOnce: 8 }),
  slowMetadata('a disk that is slow with metadata', ['RaftFsyncSlow/warning', 'RaftCommitSlow'], 350),
  slowMetadata('a disk that is very slow with metadata', ['RaftFsyncSlow/critical'], 1100),
  {
    name: 'a disk that the broker has filled',
    alerts: ['HighStorageUsage'],
    whyNot: needsMounts,
    async perform(stage) {
      const [broker] = await onSmallDisk(stage, { mib: 64 })
      const producer = await topicOn(broker, 'large')
      for (let count = 0; count < 56; count++) await producer.send({ topic: 'large', records: 15, bytes: MIB / 16 })
      await untilAborted(stage.signal)
      await mustRun(broker.bootstrap, ['topic', 'delete', 'large'])
      producer.close()
    }
  },
  {
    name: 'a disk that others have filled',
    alerts: [
      ...diskScenario.alerts,
      'BrokerNotReady',
      'RequestErrorRateHigh/critical',
      'ErrorBudgetBurnFast/1h',
      'ErrorBudgetBurnFast/6h'
    ],
    whyNot: needsMounts,
    async perform(stage) {
      const disk = mountTmpfs(64 * MIB, stage.cleanup)
      const broker = await stage.startBroker({ dataDir: path.join(disk, 'data') })
      const producer = await topicOn(broker, 'refused')
      // What is refused must be more than all that was ever taken.
      const sending = steadily(stage.signal, 50, () => producer.send({ topic: 'refused' }))
      await Promise.all([sending, diskScenario.run(drillOn(broker, stage, disk))])
      const resolved = new AbortController()
      stage.cleanup.add('producer', () => {
        resolved.abort()
        producer.close()
      })
      void steadily(resolved.signal, 50, () => producer.send({ topic: 'refused' })).catch(() => {})
    }
  },
  {
    name: 'a disk with hardly any room for files',
    alerts: ['InodesLow'],
    whyNot: needsMounts,
    async perform(stage) {
      const [, disk] = await onSmallDisk(stage, { mib: 64, inodes: INODES })
      const folder = path.join(disk, 'another-program')
      fs.mkdirSync(folder)
      const { ffree } = fs.statfsSync(disk)
      for (let count = 0; count < ffree - INODES / 50; count++) fs.writeFileSync(path.join(folder, String(count)), '')
      await untilAborted(stage.signal)
      fs.rmSync(folder, { recursive: true })
    }
  },
  fills('a disk that is full tomorrow', 'DiskFullIn24h', { mib: 128, pagesPerSecond: 1 }),
  fills('a disk that is full in a moment', 'DiskFullIn4h', { mib: 256, pagesPerSecond: 40 }),
  {
    name: 'records that nobody syncs',
    alerts: ['UnflushedDataOld'],
    limitMs: 150_000,
    async perform(stage) {
      const broker = await stage.startBroker({ config: { 'log.flush.policy': 'os' } })
      const producer = await topicOn(broker, 'unsynced')
      await producer.send({ topic: 'unsynced' })
      await untilAborted(stage.signal)
      await mustRun(broker.bootstrap, ['topic', 'delete', 'unsynced'])
      producer.close()
    }
  },
  {
    name: 'a disk that cannot be read',
    alerts: ['StorageErrors', 'ErrorLogBurst'],
    whyNot: needsStrace,
    async perform(stage) {
      const broker = await stage.startBroker()
      const producer = await topicOn(broker, 'unreadable')
      await producer.send({ topic: 'unreadable', records: 100 })
      const { kill, ended } = injectInto(drillOn(broker, stage), 'pread64', 'error=EIO')
      try {
        const reading = steadily(stage.signal, 10, () => producer.fetch('unreadable'))
        await Promise.race([reading, ended])
      } finally {
        kill()
        producer.close()
      }
    }
  },
  {
    name: 'a file that is damaged',
    alerts: ['LogCorruption'],
    async perform(stage) {
      const broker = await stage.startBroker()
      const producer = await topicOn(broker, 'damaged')
      await producer.send({ topic: 'damaged' })
      producer.close()
      await broker.terminate()
      fs.writeFileSync(path.join(broker.dataDir, 'recovery-point-offset-checkpoint'), 'not what was written')
      await broker.start()
      await untilAborted(stage.signal)
    }
  }
]
