import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readRecords } from '@streambus/protocol/records'
import { ManualClock } from '@streambus/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { run } from '../fake-io.ts'
import { FakeKafka, type Fate } from '../fake-kafka.ts'

let kafka: FakeKafka
afterEach(() => kafka.stop())

function values(): string[] {
  return kafka.log.flatMap(batch => readRecords(batch)).map(record => record.value?.toString() ?? '')
}

const LINES = Array.from({ length: 2000 }, (_, index) => `line ${index}`)
const TEXT = Buffer.from(LINES.map(line => `${line}\n`).join(''))
// Small batches, so that many are in flight when things go wrong.
const SMALL = ['--batch-bytes', '1024']

describe('with acks=all', () => {
  const scripts: Record<string, Fate[]> = {
    'nothing goes wrong': [],
    'a request is lost': ['take', 'take', 'drop'],
    'an answer is lost': ['take', 'lose', 'take', 'lose'],
    'the leader moves': ['take', 'refuse', 'take', 'take', 'refuse', 'refuse'],
    'everything at once': ['drop', 'lose', 'refuse', 'take', 'lose', 'drop', 'refuse']
  }
  it.each(Object.entries(scripts))('every line arrives once and in order when %s', async (_, fates) => {
    kafka = await FakeKafka.start(fates)
    const { exitCode, stdout } = await run(['produce', 't', '--json', ...SMALL, '-b', kafka.bootstrap], { stdin: TEXT })
    expect(exitCode).toBe(0)
    expect(values()).toEqual(LINES)
    expect(JSON.parse(stdout.toString()).records).toBe(LINES.length)
  })
})

describe('a broker that refuses', () => {
  const FULL: Fate[] = Array.from({ length: 2000 }, () => 'full')
  const said = (stderr: string): string[] => stderr.trimEnd().split('\n')

  it('is told of once, and soon; when it takes them again all is well', async () => {
    kafka = await FakeKafka.start(FULL.slice(0, 3))
    const { exitCode, stderr } = await run(['produce', 't', '-b', kafka.bootstrap], { stdin: TEXT })
    expect(exitCode).toBe(0)
    expect(values()).toEqual(LINES)
    const [first = '', last, ...others] = said(stderr)
    expect(first).toMatch(/^streambus: the broker refuses writes: .*\(KAFKA_STORAGE_ERROR\); trying again$/)
    expect([last, others]).toEqual([expect.stringContaining('sent to t: 2,000 records'), []])
  })

  it('is not told of when it takes the next attempt', async () => {
    kafka = await FakeKafka.start(['refuse'])
    const { stderr } = await run(['produce', 't', '-b', kafka.bootstrap], { stdin: TEXT })
    expect(said(stderr)).toEqual([expect.stringContaining('sent to t')])
  })

  it('is given up after --timeout, with what is not confirmed', async () => {
    kafka = await FakeKafka.start(['take', ...FULL])
    const started = performance.now()
    const given = ['--timeout', '300', ...SMALL, '-b', kafka.bootstrap]
    const { exitCode, stderr } = await run(['produce', 't', ...given], { stdin: TEXT })
    expect(performance.now() - started).toBeLessThan(3000)
    expect(exitCode).toBe(1)
    const unsent = (2000 - values().length).toLocaleString('en')
    expect(said(stderr).at(-1)).toMatch(
      new RegExp(`KAFKA_STORAGE_ERROR\\); ${unsent} of 2,000 records that were read are not confirmed$`)
    )
  })

  it.each([
    ['refuses', FULL, 'the broker refuses writes'],
    ['is away', Array.from({ length: 2000 }, (): Fate => 'drop'), 'the broker is away']
  ])('when it %s an interrupt ends it at once, with what is not confirmed', async (_, fates, what) => {
    kafka = await FakeKafka.start(fates)
    const { exitCode, stderr } = await run(['produce', 't', '-b', kafka.bootstrap], {
      stdin: TEXT,
      // Soon after it was told of.
      onInterrupt: interrupt => void setTimeout(interrupt, 400)
    })
    expect(exitCode).toBe(130)
    expect(said(stderr)).toEqual([
      expect.stringContaining(what),
      'streambus: interrupted: 2,000 of 2,000 records that were read are not confirmed'
    ])
  })

  it('does not hold up an interrupt with silence, either', async () => {
    kafka = await FakeKafka.start(['silence'])
    const clock = new ManualClock()
    const ended = run(['produce', 't', '--json', '-b', kafka.bootstrap], {
      stdin: TEXT,
      clock,
      onInterrupt: interrupt => void setTimeout(interrupt, 200)
    })
    // What the interrupt waits for, and before that what records wait for.
    const ticking = setInterval(() => clock.advance(100), 5)
    const { exitCode, stderr } = await ended.finally(() => clearInterval(ticking))
    expect(exitCode).toBe(130)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'INTERRUPTED', exitCode: 130 } })
  })
})

describe('what comes back', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('is byte for byte what was sent, with %s', async codec => {
    kafka = await FakeKafka.start()
    const file = Buffer.concat([randomBytes(300_000), Buffer.from('\n')])
    await run(['produce', 't', '-z', codec, '--batch-bytes', '20000', '-b', kafka.bootstrap], { stdin: file })
    const { stdout, exitCode } = await run(['consume', 't', '-b', kafka.bootstrap])
    expect(exitCode).toBe(0)
    expect(sha256(stdout)).toBe(sha256(file))
  })

  it('has the keys, headers and places asked for', async () => {
    kafka = await FakeKafka.start()
    const sent = ['produce', 't', '-K', ':', '-H', 'a=b', '-b', kafka.bootstrap]
    await run(sent, { stdin: Buffer.from('k1:v1\nk2:v2\n') })
    const read = ['consume', 't', '-b', kafka.bootstrap, '--keys', '--headers']
    expect((await run(read)).stdout.toString()).toBe('a=b\tk1\tv1\na=b\tk2\tv2\n')
    expect((await run([...read, '-o', '-1'])).stdout.toString()).toBe('a=b\tk2\tv2\n')
    expect((await run([...read, '-n', '1'])).stdout.toString()).toBe('a=b\tk1\tv1\n')
    expect((await run([...read, '-o', '1', '--print-offsets'])).stdout.toString()).toMatch(
      /^0\t1\t\d{4}-.*Z\ta=b\tk2\tv2\n$/
    )
  })

  it('is one JSON object a line, with base64 for what is no text', async () => {
    kafka = await FakeKafka.start()
    await run(['produce', 't', '-b', kafka.bootstrap], { stdin: Buffer.from([0xff, 0x0a, 0x61, 0x0a]) })
    const { stdout } = await run(['consume', 't', '--json', '-b', kafka.bootstrap])
    const records = stdout
      .toString()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(records).toMatchObject([
      { topic: 't', partition: 0, offset: 0, key: null, valueBase64: '/w==', headers: [] },
      { offset: 1, value: 'a' }
    ])
  })
})

it('sends a whole file as one record with --raw', async () => {
  kafka = await FakeKafka.start()
  const path = new URL(import.meta.url).pathname
  await run(['produce', 't', '--raw', '-f', path, '-k', 'self', '-b', kafka.bootstrap])
  expect(values()).toEqual([readFileSync(path, 'utf8')])
})

it('sends with acks=0 without waiting for answers', async () => {
  kafka = await FakeKafka.start()
  const { exitCode } = await run(['produce', 't', '--acks', '0', ...SMALL, '-b', kafka.bootstrap], { stdin: TEXT })
  expect(exitCode).toBe(0)
  // The broker reads what the client has handed to the kernel before it closed.
  await expect.poll(() => values().length).toBe(LINES.length)
})

it('says so when the topic or the partition does not exist, or the offset lies outside', async () => {
  kafka = await FakeKafka.start()
  const at = ['-b', kafka.bootstrap]
  expect(await run(['consume', 'nope', ...at])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('does not exist')
  })
  expect(await run(['consume', 't', '-p', '3', ...at])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('0 … 0')
  })
  expect(await run(['consume', 't', '-o', '5', ...at])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('outside')
  })
})

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
