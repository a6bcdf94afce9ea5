import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { run, runOk } from './run.ts'
import { noTools, tool, toolArguments } from './tools.ts'

if (noTools !== null) console.log(`SKIPPED kafka-tools: ${noTools}`)

const bootstrap = inject('bootstrap')
const text = inject('text')

function topic(name: string): string {
  return `compat-tools-${name}-${inject('run')}`
}

const server = ['--bootstrap-server', bootstrap]

describe.skipIf(noTools !== null)(`Kafka's own tools${noTools === null ? '' : ` (${noTools})`}`, () => {
  test('topics: create, list, describe, alter, delete', async () => {
    const name = topic('topics')
    const config = ['--config', 'retention.ms=3600000']
    await tool('topics', [
      ...server,
      '--create',
      '--topic',
      name,
      '--partitions',
      '2',
      '--replication-factor',
      '1',
      ...config
    ])
    expect((await tool('topics', [...server, '--list'])).split('\n')).toContain(name)
    await tool('topics', [...server, '--alter', '--topic', name, '--partitions', '3'])
    const described = await tool('topics', [...server, '--describe', '--topic', name])
    expect(described).toMatch(
      /TopicId: [\w-]{22}\s+PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention.ms=3600000/
    )
    expect(described.match(/Partition: \d+\s+Leader: (\d+)\s+Replicas: \1\s+Isr: \1/g)).toHaveLength(3)
    await tool('topics', [...server, '--delete', '--topic', name])
    expect((await tool('topics', [...server, '--list'])).split('\n')).not.toContain(name)
  })

  test('topics: what is wrong is said', async () => {
    const name = topic('wrong')
    await tool('topics', [...server, '--create', '--topic', name])
    const again = await run('java', toolArguments('topics', [...server, '--create', '--topic', name]))
    expect([again.code, again.stdout.toString() + again.stderr]).toEqual([
      1,
      expect.stringContaining('TopicExistsException')
    ])
    const bad = await run('java', toolArguments('topics', [...server, '--create', '--topic', 'not/a/name']))
    expect(bad.code).toBe(1)
  })

  test('configs: describe and alter, topic and broker', async () => {
    const name = topic('configs')
    await tool('topics', [...server, '--create', '--topic', name])
    const entity = [...server, '--entity-type', 'topics', '--entity-name', name]
    await tool('configs', [...entity, '--alter', '--add-config', 'retention.ms=7200000,segment.bytes=2000000'])
    expect(await tool('configs', [...entity, '--describe'])).toMatch(/retention.ms=7200000 /)
    await tool('configs', [...entity, '--alter', '--delete-config', 'retention.ms'])
    const after = await tool('configs', [...entity, '--describe'])
    expect(after).not.toMatch(/retention.ms=7200000/)
    expect(after).toMatch(/segment.bytes=2000000 /)
    const brokers = await tool('configs', [...server, '--entity-type', 'brokers', '--describe', '--all'])
    expect(brokers).toMatch(/num.partitions=\d+ /)
  })

  test('console-producer and console-consumer carry the text both ways', async () => {
    const name = topic('console')
    await tool('topics', [...server, '--create', '--topic', name])
    const properties = ['--compression-codec', 'zstd', '--command-property', 'acks=all']
    await tool('console-producer', [...server, '--topic', name, ...properties], fs.readFileSync(text.path))
    const limit = ['--from-beginning', '--max-messages', String(text.lines), '--timeout-ms', '30000']
    const hash = createHash('sha256')
    await runOk('java', toolArguments('console-consumer', [...server, '--topic', name, '--partition', '0', ...limit]), {
      hash
    })
    // The tool reads lines as Java does, which ends them at a carriage return too.
    const lines = fs.readFileSync(text.path, 'utf8').replaceAll('\r\n', '\n')
    expect(hash.digest('hex')).toBe(createHash('sha256').update(lines).digest('hex'))
    const offsets = ['--topic-partitions', `${name}:0`]
    expect((await tool('get-offsets', [...server, ...offsets, '--time', 'latest'])).trim()).toBe(
      `${name}:0:${text.lines}`
    )
    expect((await tool('get-offsets', [...server, ...offsets, '--time', 'earliest'])).trim()).toBe(`${name}:0:0`)
  })

  test('verifiable-producer: everything that it sends is acknowledged', async () => {
    const name = topic('verifiable')
    const printed = await tool('verifiable-producer', [
      ...server,
      '--topic',
      name,
      '--max-messages',
      '2000',
      '--acks',
      '-1'
    ])
    const summary = printed.split('\n').find(line => line.includes('"name":"tool_data"'))
    expect(JSON.parse(summary ?? '{}')).toMatchObject({ sent: 2000, acked: 2000 })
  })

  const dataDir = process.env['STREAMBUS_COMPAT_DATA_DIR'] ?? inject('dataDir')
  test.skipIf(dataDir === '')('dump-log --deep-iteration reads the segments', async () => {
    const name = topic('dump')
    await tool('topics', [...server, '--create', '--topic', name, '--config', 'segment.bytes=1048576'])
    const producer = [...server, '--topic', name, '--compression-codec', 'lz4']
    await tool('console-producer', producer, Buffer.from('one\ntwo\nthree\n'))
    await tool('console-producer', producer, fs.readFileSync(text.path))
    const directory = path.join(dataDir, `${name}-0`)
    const logs = fs.readdirSync(directory).filter(file => file.endsWith('.log'))
    expect(logs.length).toBeGreaterThan(1)
    const files = logs.map(file => path.join(directory, file))
    const printed = await tool('dump-log', ['--deep-iteration', '--print-data-log', '--files', files.join(',')])
    const payloads = printed.match(/payload: .*/g) ?? []
    expect(payloads.slice(0, 3)).toEqual(['payload: one', 'payload: two', 'payload: three'])
    expect(payloads).toHaveLength(text.lines + 3)
    expect(printed).toContain('compresscodec: lz4')
    expect(printed).not.toContain('isvalid: false')
    // Of the segment that is closed: a broker may keep the newest one's indexes in memory.
    const indexes = ['.index', '.timeindex'].map(suffix => (files[0] ?? '').replace(/\.log$/, suffix))
    const checked = await tool('dump-log', ['--index-sanity-check', '--files', indexes.join(',')])
    expect(checked.match(/passed sanity check/g)).toHaveLength(2)
  })
})
