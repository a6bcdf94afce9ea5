import fs from 'node:fs'
import { metadataApi } from '@streambus/protocol'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import { describe, expect, test } from 'vitest'
import { MemoryDisk } from '../src/memory-disk.ts'
import { startBroker, type TestBroker } from '../src/start-broker.ts'
import { tempDir } from '../src/temp-dir.ts'

async function connect(broker: TestBroker): Promise<Connection> {
  const [address] = parseBootstrap(broker.bootstrap)
  if (address === undefined) throw new Error('no bootstrap address')
  return Connection.open({ address, clientId: 'test' })
}

async function createTopic(broker: TestBroker, name: string): Promise<void> {
  const connection = await connect(broker)
  const { topics } = await connection.send(metadataApi, { topics: [{ name }], allowAutoTopicCreation: true })
  expect(topics.map(topic => topic.name)).toEqual([name])
  await connection.close()
}

async function topicsOf(broker: TestBroker): Promise<(string | null)[]> {
  const connection = await connect(broker)
  const { topics } = await connection.send(metadataApi, { topics: null })
  await connection.close()
  return topics.map(({ name }) => name)
}

describe('a broker in the test process', () => {
  test('serves clients and the admin port, and removes its directory', async () => {
    const broker = await startBroker()
    await createTopic(broker, 'a')
    expect(await topicsOf(broker)).toEqual(['a'])
    expect((await fetch(`${broker.adminUrl}/health/live`)).status).toBe(200)
    expect(fs.existsSync(broker.dataDir)).toBe(true)
    await broker.stop()
    await broker.stop()
    expect(fs.existsSync(broker.dataDir)).toBe(false)
  })

  test('two at once do not meet', async () => {
    const [first, second] = await Promise.all([startBroker({ memory: true }), startBroker({ memory: true })])
    await createTopic(first, 'only-here')
    expect(await topicsOf(second)).toEqual([])
    await Promise.all([first.stop(), second.stop()])
  })

  test('data that was given stays, through a stop and through a kill', async () => {
    const directory = tempDir('kept')
    for (const end of ['stop', 'kill', 'stop'] as const) {
      const broker = await startBroker({ dataDir: directory.path })
      await createTopic(broker, 'kept')
      await broker[end]()
    }
    const again = await startBroker({ dataDir: directory.path })
    expect(await topicsOf(again)).toEqual(['kept'])
    await again.stop()
    directory.remove()
  })

  test('a memory disk outlives a broker', async () => {
    const disk = new MemoryDisk()
    const first = await startBroker({ disk })
    await createTopic(first, 'remembered')
    await first.stop()
    const second = await startBroker({ disk })
    expect(await topicsOf(second)).toEqual(['remembered'])
    await second.stop()
  })

  test('a wrong setting is refused by its name, and nothing is left behind', async () => {
    await expect(startBroker({ config: { 'num.partitions': 'many' } })).rejects.toThrow('num.partitions')
  })
})
