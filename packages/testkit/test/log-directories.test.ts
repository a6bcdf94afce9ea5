import fs from 'node:fs'
import { nodeDisk } from '@streambus/base/node'
import { createTopicsApi, listOffsetsApi, metadataApi, produceApi } from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startBroker, type TestBroker } from '../src/start-broker.ts'
import { type TempDir, tempDir } from '../src/temp-dir.ts'

const PARTITIONS = 4
const STORAGE_ERROR = 56
const ALL = [...Array(PARTITIONS).keys()]

let root: TempDir
let running: TestBroker | null = null
beforeEach(() => {
  root = tempDir('directories')
})
afterEach(async () => {
  await running?.stop()
  running = null
  root.remove()
})

const at = (name: string): string => `${root.path}/${name}`
const idOf = (name: string): string =>
  /^directory\.id=(.*)$/m.exec(fs.readFileSync(at(`${name}/meta.properties`), 'utf8'))?.[1] ?? ''
/** The partitions in a log directory, in order. */
const held = (name: string): number[] =>
  fs.readdirSync(at(name)).flatMap(entry => (/^x-\d$/.test(entry) ? [Number(entry.slice(2))] : []))

async function start(names: readonly string[], config: Readonly<Record<string, string>> = {}): Promise<TestBroker> {
  running = await startBroker({ config: { 'log.dirs': names.map(at).join(','), ...config } })
  return running
}

async function stop(): Promise<void> {
  await running?.stop()
  running = null
}

async function ask<T>(run: (connection: Connection) => Promise<T>): Promise<T> {
  const [address] = parseBootstrap(running?.bootstrap ?? '')
  if (address === undefined) throw new Error('no broker runs')
  const connection = await Connection.open({ address, clientId: 'test' })
  try {
    return await run(connection)
  } finally {
    await connection.close()
  }
}

async function adminText(path: string): Promise<string> {
  const response = await fetch(`${running?.adminUrl}${path}`)
  expect(response.status).toBe(200)
  return response.text()
}

/** The error codes by partition. */
function produce(indexes: readonly number[]): Promise<number[]> {
  return ask(async connection => {
    const builder = new RecordBatchBuilder()
    builder.append({ key: null, value: Buffer.from('v'), headers: [], timestamp: 1_700_000_000_000 })
    const partitionData = indexes.map(index => ({ index, records: builder.build() }))
    const topicData = [{ name: 'x', partitionData }]
    const { responses } = await connection.send(produceApi, { acks: -1, timeoutMs: 10_000, topicData })
    const answers = responses.flatMap(({ partitionResponses }) => partitionResponses)
    return answers.sort((a, b) => a.index - b.index).map(({ errorCode }) => errorCode)
  })
}

/** The end offset of each partition; −56 for one that is offline. */
function ends(): Promise<number[]> {
  return ask(async connection => {
    const partitions = ALL.map(partitionIndex => ({ partitionIndex, timestamp: -1 }))
    const { topics } = await connection.send(listOffsetsApi, { replicaId: -1, topics: [{ name: 'x', partitions }] })
    return (topics[0]?.partitions ?? []).map(({ errorCode, offset }) => (errorCode === 0 ? offset : -errorCode))
  })
}

/** Four partitions over h1 and h2, two records in each; stopped cleanly. Returns those of h2. */
async function fill(): Promise<number[]> {
  await start(['h1', 'h2'])
  const x = { name: 'x', numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] }
  await ask(connection => connection.send(createTopicsApi, { topics: [x] }))
  for (let round = 0; round < 2; round++) expect(await produce(ALL)).toEqual([0, 0, 0, 0])
  await stop()
  expect(held('h2')).toHaveLength(PARTITIONS / 2)
  return held('h2')
}

describe('a log directory that has not come back', () => {
  test('takes its partitions offline; the others are served, and all are when it is there again', async () => {
    const gone = await fill()
    fs.renameSync(at('h2'), at('h2.gone'))
    await start(['h1', 'h2'])
    const expected = ALL.map(index => (gone.includes(index) ? -STORAGE_ERROR : 2))
    expect(await ends()).toEqual(expected)
    expect(await produce(ALL)).toEqual(ALL.map(index => (gone.includes(index) ? STORAGE_ERROR : 0)))
    expect(held('h2')).toEqual([])
    const { topics } = await ask(connection => connection.send(metadataApi, { topics: [{ name: 'x' }] }))
    expect(topics[0]?.partitions.filter(({ leaderId }) => leaderId === -1).map(each => each.partitionIndex)).toEqual(
      gone
    )
    const named = gone.map(index => `x-${index}`).join(', ')
    expect(await adminText('/health')).toContain(`degraded: 2 partitions are offline: ${named}.`)
    expect(await adminText('/ready')).toContain('"ready"')
    expect(await adminText('/metrics')).toMatch(/^streambus_offline_partitions 2$/m)
    await stop()
    fs.rmSync(at('h2'), { recursive: true })
    fs.renameSync(at('h2.gone'), at('h2'))
    await start(['h1', 'h2'])
    expect(await ends()).toEqual(ALL.map(index => (gone.includes(index) ? 2 : 3)))
  })

  test('is the same when it is taken out of log.dirs', async () => {
    const gone = await fill()
    await start(['h1'])
    expect(await ends()).toEqual(ALL.map(index => (gone.includes(index) ? -STORAGE_ERROR : 2)))
    expect(held('h1').filter(index => gone.includes(index))).toEqual([])
  })

  test('begins anew when its loss is accepted, and that once', async () => {
    const gone = await fill()
    const id = idOf('h2')
    fs.renameSync(at('h2'), at('h2.gone'))
    const empty = ALL.map(index => (gone.includes(index) ? 0 : 2))
    await start(['h1', 'h2'], { 'log.dirs.lost': id })
    expect(await ends()).toEqual(empty)
    expect(await produce(ALL)).toEqual([0, 0, 0, 0])
    await stop()
    await start(['h1', 'h2'])
    expect(await ends()).toEqual(empty.map(end => end + 1))
  })
})

describe('a log directory that cannot be used', () => {
  test('leaves the others in service, unless the metadata is not in them', async () => {
    const gone = await fill()
    fs.renameSync(at('h2'), at('h2.gone'))
    fs.writeFileSync(at('h2'), 'not a directory')
    await start(['h2', 'h1'])
    expect(await ends()).toEqual(ALL.map(index => (gone.includes(index) ? -STORAGE_ERROR : 2)))
    const reason = `log directory ${at('h2')} cannot be used (lock ${at('h2/.lock')}: ENOTDIR): mend or mount it and restart`
    expect(await adminText('/health')).toContain(`degraded: 2 partitions are offline`)
    expect(await adminText('/health')).toContain(reason)
    expect(await adminText('/metrics')).toContain(`streambus_log_dir_offline{log_dir="${at('h2')}"} 1`)
    await stop()
    fs.rmSync(at('h2'))
    fs.renameSync(at('h2.gone'), at('h2'))
    await start(['h1', 'h2'])
    expect(await ends()).toEqual([2, 2, 2, 2])
    await stop()
    fs.renameSync(at('h1'), at('h1.gone'))
    fs.writeFileSync(at('h1'), 'not a directory')
    await expect(start(['h1', 'h2'])).rejects.toThrow(/log directory .*h1 cannot be used .*take it out of log\.dirs/)
    await expect(start(['h1', 'new'])).rejects.toThrow(/log directory .*h1 cannot be used/)
  })

  test.skipIf(!fs.existsSync('/proc/self'))('because its file system takes none is refused by name', async () => {
    const reason = 'log directory /proc/streambus cannot be used (mkdir /proc/streambus: ENOENT: its parent exists'
    const starting = startBroker({ config: { 'log.dirs': '/proc/streambus' } })
    await expect(starting).rejects.toThrow(reason)
    await expect(starting).rejects.toThrow('or take it out of log.dirs')
  })

  test('is not passed over when another broker uses it', async () => {
    await fill()
    const lock = nodeDisk.lock(at('h2/.lock'))
    await expect(start(['h1', 'h2'])).rejects.toThrow(/h2\/\.lock is held by/)
    lock.release()
    await start(['h1', 'h2'])
  })
})

test('of two copies the one that the metadata names is served, and the other is kept aside', async () => {
  const [index = 0] = await fill()
  fs.cpSync(at(`h2/x-${index}`), at(`h1/x-${index}`), { recursive: true })
  await start(['h1', 'h2'])
  await produce([index])
  await stop()
  expect(held('h1')).not.toContain(index)
  expect(
    fs.readdirSync(at('h1')).filter(name => name.startsWith(`x-${index}.`) && name.endsWith('-stray'))
  ).toHaveLength(1)
  await start(['h2', 'h1'])
  expect((await ends())[index]).toBe(3)
})

test('partitions that were moved to another directory by hand are found there, also later', async () => {
  const moved = await fill()
  for (const index of moved) fs.renameSync(at(`h2/x-${index}`), at(`h1/x-${index}`))
  await start(['h1', 'h2'])
  expect(await ends()).toEqual([2, 2, 2, 2])
  await stop()
  // The metadata has learned it: without h2 nothing is missing.
  fs.rmSync(at('h2'), { recursive: true })
  await start(['h1'])
  expect(await ends()).toEqual([2, 2, 2, 2])
})

test('two directories with one id are refused', async () => {
  await fill()
  fs.copyFileSync(at('h1/meta.properties'), at('h2/meta.properties'))
  await expect(start(['h1', 'h2'])).rejects.toThrow(/have the same directory\.id .*one is a copy of the other/)
})
