import http from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { run } from './fake-io.ts'
import { FakeKafka } from './fake-kafka.ts'

const LEAVES = [
  ['start'],
  ['topic', 'list'],
  ['topic', 'create'],
  ['topic', 'describe'],
  ['topic', 'delete'],
  ['topic', 'alter'],
  ['produce'],
  ['consume'],
  ['config', 'describe'],
  ['config', 'set'],
  ['config', 'delete'],
  ['group', 'list'],
  ['group', 'describe'],
  ['group', 'lag'],
  ['group', 'reset-offsets'],
  ['group', 'delete'],
  ['cluster', 'describe'],
  ['cluster', 'health'],
  ['cluster', 'log-dirs'],
  ['dump-log'],
  ['completion']
]

describe('help', () => {
  it.each(LEAVES)('of %s %s has examples and the global options', async (...words) => {
    const { exitCode, stdout } = await run([...words, '--help'])
    expect(exitCode).toBe(0)
    expect(stdout.toString()).toContain('Examples:\n')
    expect(stdout.toString()).toContain('--bootstrap')
    expect(stdout.toString()).toContain('--json')
  })

  it('of the program says what exit codes mean', async () => {
    const { exitCode, stdout } = await run(['--help'])
    expect(exitCode).toBe(0)
    expect(stdout.toString()).toContain('Exit codes:')
  })

  it('has the bootstrap address of the environment', async () => {
    const { stdout } = await run(['--help'], { env: { STREAMBUS_BOOTSTRAP: 'elsewhere:1' } })
    expect(stdout.toString()).toContain('elsewhere:1')
  })
})

describe('exit code 2, and a hint on stderr, for', () => {
  it.each([
    [['nonsense']],
    [[]],
    [['topic']],
    [['topic', 'create']],
    [['produce', 't', '--acks', '2']],
    [['consume', 't', '--count', '0']],
    [['consume', 't', '--follow', '--exit-at-end']],
    [['produce', 't', '-k', 'a', '-K', 'b']],
    [['produce', 't', '-f', '/does/not/exist']],
    [['config', 'describe', 'table', 'x']],
    [['config', 'set', 'topic', 't', 'no-equals']],
    [['topic', 'alter', 't']],
    [['topic', 'list', '-b', 'http://x']],
    [['cluster', 'health', '--timeout', 'soon']]
  ])('%j', async args => {
    const { exitCode, stderr, stdout } = await run(args)
    expect(exitCode).toBe(2)
    expect(stderr).not.toBe('')
    expect(stdout.toString()).toBe('')
  })
})

describe('the exit code', () => {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  async function listen(server: net.Server): Promise<string> {
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve)
    })
    stops.push(() => server.close())
    return `127.0.0.1:${(server.address() as net.AddressInfo).port}`
  }

  it('is 3 when nobody listens, in JSON with --json', async () => {
    const server = net.createServer()
    const address = await listen(server)
    await new Promise(resolve => {
      server.close(resolve)
    })
    const { exitCode, stderr } = await run(['topic', 'list', '-b', address, '--json'])
    expect(exitCode).toBe(3)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'refused', exitCode: 3 } })
  })

  it('is 3 when an HTTP server answers', async () => {
    const address = await listen(http.createServer())
    const { exitCode, stderr } = await run(['topic', 'list', '-b', address])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('use the Kafka port')])
  })

  it('is 3 when the admin port is the Kafka port', async () => {
    const kafka = await FakeKafka.start()
    stops.push(() => kafka.stop())
    const { exitCode, stderr } = await run(['cluster', 'health', '-b', kafka.bootstrap, '--admin', kafka.bootstrap])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('is this the Kafka port?')])
  })

  it('is 0 when health is fine and 1 when a check fails', async () => {
    const kafka = await FakeKafka.start()
    stops.push(() => kafka.stop())
    let storage = 'ok'
    const admin = await listen(
      http.createServer((_, response) => response.end(JSON.stringify({ checks: { broker: 'ok', storage } })))
    )
    const args = ['cluster', 'health', '-b', kafka.bootstrap, '--admin', admin, '--json']
    expect(await run(args)).toMatchObject({ exitCode: 0 })
    storage = 'disk full'
    const { exitCode, stdout } = await run(args)
    expect([exitCode, JSON.parse(stdout.toString()).status]).toEqual([1, 'unhealthy'])
  })
})

describe('completion', () => {
  async function complete(...words: string[]): Promise<string[]> {
    const { stdout } = await run(['complete', '--', ...words])
    return stdout
      .toString()
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.split('\t')[0] as string)
  }

  it('knows commands, options, their values and kinds', async () => {
    expect(await complete('to')).toEqual(['topic', 'top'])
    expect(await complete('topic', 'de')).toEqual(['describe', 'delete'])
    expect(await complete('consume', 't', '--fo')).toEqual(['--follow', '--format'])
    expect(await complete('produce', '--compression', 'g')).toEqual(['gzip'])
    expect(await complete('config', 'set', 't')).toEqual(['topic'])
    expect(await complete('topic', 'list', '--boot')).toEqual(['--bootstrap'])
  })

  it('asks the broker for topics, and is silent without one', async () => {
    const kafka = await FakeKafka.start()
    const { stdout } = await run(['complete', '-b', kafka.bootstrap, '--', 'consume', ''])
    expect(stdout.toString()).toBe('t\ttopic\n')
    await kafka.stop()
    expect(await run(['complete', '-b', kafka.bootstrap, '--', 'consume', ''])).toMatchObject({
      exitCode: 0,
      stderr: ''
    })
  })

  it.each(['bash', 'zsh', 'fish'])('has a script for %s', async shell => {
    expect((await run(['completion', shell])).stdout.toString()).toContain('streambus complete --')
  })
})
