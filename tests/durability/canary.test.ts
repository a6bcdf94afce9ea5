import fs from 'node:fs'
import { SpawnedBroker, type TempDir, tempDir } from '@streambus/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pause, until } from './gate.ts'
import { KILL_CONFIG, KILL_TOPICS } from './kill.ts'
import { Load } from './load.ts'

// The whole rig must be able to fail: a data directory that is an older copy of itself is loss, and must be called so.

const MORE = 500

let home: TempDir
let broker: SpawnedBroker
let load: Load

beforeEach(async () => {
  home = tempDir('canary')
  broker = await SpawnedBroker.start({ config: KILL_CONFIG, dataDir: `${home.path}/data` })
  load = new Load({
    bootstrap: broker.bootstrap,
    seed: 1,
    topics: KILL_TOPICS.map(topic => ({ ...topic, trimAbove: 0 })),
    disciplines: ['idempotent', 'retrying', 'once'],
    pauseMsMax: 5
  })
  await load.prepare()
  load.begin()
})

afterEach(async () => {
  await load.stop()
  if (broker.isRunning) await broker.kill()
  home.remove()
})

async function sendAndKill(): Promise<void> {
  const before = load.acknowledgedCount
  load.gate.open()
  await until(`${MORE} more records acknowledged`, 20_000, () => load.acknowledgedCount >= before + MORE)
  await broker.kill()
  load.gate.close()
  // Answers that were under way belong to this round.
  await pause(50)
}

test('the same directory passes, an older copy of it is reported as loss', async () => {
  await sendAndKill()
  fs.cpSync(`${home.path}/data`, `${home.path}/copy`, { recursive: true })
  await broker.start()
  expect((await load.check()).lines()).toEqual([])
  await sendAndKill()
  fs.rmSync(`${home.path}/data`, { recursive: true })
  fs.renameSync(`${home.path}/copy`, `${home.path}/data`)
  await broker.start()
  const faults = await load.check()
  expect(faults.count('lost')).toBeGreaterThanOrEqual(MORE)
})
