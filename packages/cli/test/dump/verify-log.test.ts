import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeDisk } from '@streambus/base/node'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import { CleanShutdownMarker, withChecksumLine } from '@streambus/storage-log'
import { startBroker } from '@streambus/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../fake-io.ts'

let data: string
let partition: string
let segment: string

function batch(baseOffset: number, count: number): Buffer {
  const builder = new RecordBatchBuilder()
  for (let index = 0; index < count; index++) {
    builder.append({ key: null, value: Buffer.from(`value ${baseOffset + index}`), timestamp: 1_700_000_000_000 })
  }
  return builder.build({ baseOffset, leaderEpoch: 0, codec: 'gzip' })
}

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'streambus-verify-'))
  partition = join(data, 'orders-0')
  segment = join(partition, '00000000000000000000.log')
  mkdirSync(partition)
  writeFileSync(segment, Buffer.concat([batch(0, 2), batch(2, 3)]))
  writeFileSync(join(data, 'recovery-point-offset-checkpoint'), withChecksumLine('0\n1\norders 0 5\n'))
  new CleanShutdownMarker(nodeDisk, data).write(4)
})
afterEach(() => rmSync(data, { recursive: true }))

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
}

async function verify(...args: string[]) {
  const { exitCode, stdout, stderr } = await run(['verify-log', ...args, '--json'])
  const text = stdout.toString().trim()
  const objects = text === '' ? [] : text.split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
  return { exitCode, objects, stderr }
}

describe('a sound log', () => {
  it('gives an object per file, one per partition and a summary, and exit code 0', async () => {
    const { exitCode, objects } = await verify(data)
    expect(exitCode).toBe(0)
    expect(objects.find(each => each['file'] === segment)).toMatchObject({ batches: 2, records: 5, isSound: true })
    expect(objects.find(each => each['type'] === 'partition')).toMatchObject({ logEndOffset: 5, isSound: true })
    expect(objects.at(-1)).toMatchObject({ type: 'summary', partitions: 1, damaged: 0, isSound: true })
  })

  it('as a broker leaves it has nothing that is worth a word', async () => {
    const dataDir = join(data, 'of-a-broker')
    const broker = await startBroker({ dataDir, config: { 'offsets.topic.num.partitions': '1' } })
    await run(['produce', 'orders', '-b', broker.bootstrap], { stdin: Buffer.from('a\nb\n') })
    const reset = ['group', 'reset-offsets', 'billing', '--topic', 'orders', '--to-earliest', '--execute']
    await run([...reset, '-b', broker.bootstrap])
    await broker.stop()
    expect(readdirSync(dataDir)).toContain('retention-clock-checkpoint')
    const { exitCode, objects } = await verify(dataDir)
    expect(exitCode).toBe(0)
    expect(objects.filter(each => ((each['findings'] ?? []) as unknown[]).length > 0)).toEqual([])
  })

  it('is one line with --quiet', async () => {
    const { stdout } = await run(['verify-log', data, '--quiet'])
    expect(stdout.toString()).toMatch(/^1 partitions, \d files, [\d.]+ \w+: sound\n$/)
  })

  it('tells how far it is when asked', async () => {
    expect((await run(['verify-log', data, '--progress'])).exitCode).toBe(0)
  })
})

describe('damage', () => {
  beforeEach(() => flip(segment, 70))

  it('has an exit code of its own, a place and a verdict', async () => {
    const { exitCode, objects } = await verify(partition)
    expect(exitCode).toBe(4)
    expect(objects.find(each => each['file'] === segment)).toMatchObject({
      isSound: false,
      findings: [{ severity: 'damage', code: 'bad-crc', position: 0 }]
    })
    const { stdout } = await run(['verify-log', partition])
    expect(stdout.toString()).toContain(`DAMAGED: ${segment} at byte 0: batch at offset 0: CRC is`)
    expect(stdout.toString()).toContain('DAMAGED in 1 file')
  })

  it('of other files does not count when one file is asked for', async () => {
    writeFileSync(join(partition, 'leader-epoch-checkpoint'), withChecksumLine('0\n1\n0 0\n'))
    expect((await verify(join(partition, 'leader-epoch-checkpoint'))).exitCode).toBe(0)
    expect((await verify(segment)).exitCode).toBe(4)
    expect((await verify(join(data, 'recovery-point-offset-checkpoint'))).exitCode).toBe(0)
  })

  it('is printed up to a limit per file', async () => {
    writeFileSync(segment, Buffer.concat(Array.from({ length: 150 }, () => batch(3, 1))))
    const { objects } = await verify(partition)
    const file = objects.find(each => each['file'] === segment)
    expect(file?.['findings']).toHaveLength(100)
    expect(file?.['omitted']).toBeGreaterThan(40)
  })
})

describe('the command line', () => {
  it('refuses paths that are not there or hold no log', async () => {
    mkdirSync(join(data, 'empty'))
    writeFileSync(join(data, 'notes.txt'), '')
    for (const name of ['missing', 'empty', 'notes.txt']) {
      expect((await run(['verify-log', join(data, name)])).exitCode, name).toBe(2)
    }
  })

  it('calls gaps damage with --no-gaps only', async () => {
    appendFileSync(segment, batch(9, 1))
    writeFileSync(join(data, 'recovery-point-offset-checkpoint'), withChecksumLine('0\n1\norders 0 10\n'))
    expect((await verify(data)).exitCode).toBe(0)
    expect((await verify(data, '--no-gaps')).exitCode).toBe(4)
  })

  it('says who uses the directory, and takes a torn end for one that is being written', async () => {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    writeFileSync(join(data, '.lock'), `${process.pid} ${started}\n`)
    rmSync(join(data, '.kafka_cleanshutdown'))
    appendFileSync(segment, batch(5, 3).subarray(0, 40))
    const { exitCode, objects, stderr } = await verify(data)
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`in use by process ${process.pid}`)])
    expect(objects.find(each => each['file'] === segment)).toMatchObject({ findings: [{ severity: 'info' }] })
    writeFileSync(join(data, '.lock'), `${process.pid} 1\n`)
    expect((await verify(data)).stderr).toBe('')
  })
})
