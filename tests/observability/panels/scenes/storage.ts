import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasProgram } from '../../../stack/files.ts'
import type { Scene } from '../scene.ts'
import type { Stage } from '../stage.ts'
import { configureBrokers } from './configure.ts'

/** The watch of free space looks once a second. */
const FULL_MS = 2_500
const SLOW_MS = 5_000
const SYNC_DELAY_US = 30_000
const BIG_BYTES = 900_000

/**
 * Takes all that the small disk has left, to the last byte: at first writes fail, then the broker refuses producers
 * before they can; in the end they are served again.
 */
async function fillSmallDisk(stage: Stage): Promise<void> {
  const { smallDir } = stage
  if (smallDir === null) return
  const file = path.join(path.dirname(smallDir), 'foreign')
  await configureBrokers(stage, { 'log.dir.free.refuse.bytes': '0' })
  try {
    fs.writeFileSync(file, '')
    // What the broker keeps for such a case goes, too.
    for (let turn = 0; turn < 10; turn++) {
      const { bsize, bavail } = fs.statfsSync(smallDir)
      const { size } = fs.statSync(file)
      spawnSync('fallocate', ['-l', String(size + bsize * bavail), file])
      await sleep(200)
    }
    await configureBrokers(stage, { 'log.dir.free.refuse.bytes': null })
    await sleep(FULL_MS)
  } finally {
    fs.rmSync(file, { force: true })
  }
}

/** Each sync takes longer than it may: little, because some of them stop the whole broker. */
async function slowDisk(stage: Stage): Promise<void> {
  await configureBrokers(stage, { 'log.dir.stall.warn.ms': '5' })
  const inject = ['trace=fdatasync', `inject=fdatasync:delay_exit=${SYNC_DELAY_US}`].flatMap(text => ['-e', text])
  const args = ['-f', '-qq', '-o', '/dev/null', ...inject, '-p', String(stage.broker.pid)]
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(strace, 'exit')
  await Promise.race([ended, sleep(SLOW_MS)])
  if (strace.exitCode !== null) throw new Error(`strace ended: ${String(strace.stderr.read())}`)
  strace.kill('SIGTERM')
  await ended
  await configureBrokers(stage, { 'log.dir.stall.warn.ms': null })
}

/** Batches that the broker has to compress anew with much effort, and the records of one partition deleted. */
async function handleMuch(stage: Stage): Promise<void> {
  const producer = stage.kafka.producer()
  await producer.connect()
  for (let round = 0; round < 4; round++) {
    const value = Buffer.from(Array.from({ length: BIG_BYTES }, (_, index) => (index * index * (round + 7)) % 251))
    await producer.send({ topic: 'clicks', messages: [{ value }] })
    await sleep(300)
  }
  await producer.disconnect()
  const admin = stage.kafka.admin()
  await admin.connect()
  await admin.fetchTopicOffsets('orders')
  await admin.deleteTopicRecords({ topic: 'orders', partitions: [{ partition: 0, offset: '-1' }] })
  await admin.disconnect()
}

/** Topics that come and go: more than have series of their own. */
async function createTopics(stage: Stage): Promise<void> {
  const admin = stage.kafka.admin()
  await admin.connect()
  const topics = Array.from({ length: 10 }, (_, index) => `short-lived-${index}`)
  for (const topic of topics) await admin.createTopics({ topics: [{ topic }] })
  const producer = stage.kafka.producer()
  await producer.connect()
  for (const topic of topics) await producer.send({ topic, messages: [{ value: 'once' }] })
  await producer.disconnect()
  await sleep(2_000)
  await admin.deleteTopics({ topics })
  await admin.disconnect()
}

export const storageScenes: readonly Scene[] = [
  { name: 'topics that come and go', run: createTopics },
  { name: 'big batches, and records deleted', run: handleMuch },
  {
    name: 'a full disk',
    whyNot: ({ smallDir }) => (smallDir === null ? 'only root may mount a disk that is small' : null),
    run: fillSmallDisk
  }
]

export const slowDiskScene: Scene = {
  name: 'a slow disk',
  whyNot: () => (hasProgram('strace') ? null : 'needs strace'),
  run: slowDisk
}
