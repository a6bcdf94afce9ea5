import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c } from '@streambus/base'
import { type CodecName, RecordBatchBuilder } from '@streambus/protocol/records'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../fake-io.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'streambus-dump-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function batch(baseOffset: number, count: number, codec: CodecName = 'none'): Buffer {
  const builder = new RecordBatchBuilder()
  for (let index = 0; index < count; index++) {
    builder.append({ key: null, value: Buffer.from(`value ${baseOffset + index}`), timestamp: 1_700_000_000_000 })
  }
  return builder.build({ baseOffset, leaderEpoch: 3, codec })
}

function write(name: string, ...parts: Uint8Array[]): string {
  const path = join(directory, name)
  writeFileSync(path, Buffer.concat(parts))
  return path
}

const LOG = '00000000000000000100.log'

async function dump(...args: string[]) {
  const { exitCode, stdout } = await run(['dump-log', ...args, '--json'])
  const lines = stdout.toString().trim().split('\n')
  return { exitCode, items: lines.map(line => JSON.parse(line) as Record<string, unknown>) }
}

describe('a sound segment', () => {
  it('is printed batch by batch, with records when asked for', async () => {
    const path = write(LOG, batch(100, 2), batch(102, 1, 'zstd'))
    const { exitCode, items } = await dump(path, '--values')
    expect(exitCode).toBe(0)
    expect(items.map(item => item['type'])).toEqual(['batch', 'record', 'record', 'batch', 'record', 'file'])
    expect(items[3]).toMatchObject({ baseOffset: 102, lastOffset: 102, count: 1, compression: 'zstd', leaderEpoch: 3 })
    expect(items[4]).toMatchObject({ offset: 102, value: 'value 102', key: null })
    expect(items[5]).toMatchObject({ batches: 2, records: 3, isSound: true })
  })

  it('may end in preallocated zeros', async () => {
    const { exitCode, items } = await dump(write(LOG, batch(100, 2), Buffer.alloc(200_000)))
    expect(exitCode).toBe(0)
    expect(items.at(-2)).toMatchObject({ type: 'tail', preallocatedBytes: 200_000 })
  })

  it('has one line for people with --quiet', async () => {
    const path = write(LOG, batch(100, 2))
    const { exitCode, stdout } = await run(['dump-log', path, '--quiet'])
    expect([exitCode, stdout.toString()]).toEqual([
      0,
      expect.stringMatching(/: 1 batches, 2 records: sound\n$|2 records: sound\n$/)
    ])
  })
})

describe('damage', () => {
  const flipped = (): Buffer => {
    const bytes = batch(100, 2)
    bytes[70] = (bytes[70] as number) ^ 1
    return bytes
  }
  const withByte = (at: number, value: number): Buffer => {
    const bytes = batch(100, 2)
    bytes[at] = value
    return bytes
  }
  it.each([
    ['a flipped bit', () => [flipped(), batch(102, 1)], 'CRC'],
    ['a batch that is cut off', () => [batch(100, 2), batch(102, 2).subarray(0, 70)], 'only 70 are there'],
    ['a header that is cut off', () => [batch(100, 2), batch(102, 2).subarray(0, 20)], 'too few'],
    ['a size of nonsense', () => [withByte(8, 0x7f)], 'not possible'],
    ['an old format', () => [withByte(16, 1)], 'magic'],
    ['offsets that go back', () => [batch(102, 2), batch(101, 1)], 'below 104'],
    ['an offset below the name', () => [batch(99, 1)], 'below 100'],
    ['bytes after zeros', () => [batch(100, 1), Buffer.alloc(100), Buffer.from('x')], 'magic']
  ])('%s is found and is a failure', async (_, parts, words) => {
    const { exitCode, items } = await dump(write(LOG, ...parts()))
    expect(exitCode).toBe(1)
    expect(items.at(-1)).toMatchObject({ type: 'file', isSound: false })
    expect(JSON.stringify(items.at(-1)?.['problems'])).toContain(words)
  })

  it('after a flipped bit the batches behind it are still read', async () => {
    const { items } = await dump(write(LOG, flipped(), batch(102, 1)))
    expect(items.at(-1)).toMatchObject({ batches: 2 })
  })
})

describe('what producers do not write', () => {
  /** A batch with other attributes, and one record with this key and value. */
  function special(attributes: number, key: Buffer, value: Buffer): Buffer {
    const builder = new RecordBatchBuilder()
    builder.append({ key, value, timestamp: 1_700_000_000_000 })
    const bytes = builder.build({ baseOffset: 100, leaderEpoch: 3, codec: 'none' })
    bytes.writeInt16BE(attributes, 21)
    bytes.writeBigInt64BE(7n, 43)
    bytes.writeInt16BE(0, 51)
    bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
    return bytes
  }

  it.each([
    [0, 'abort'],
    [1, 'commit']
  ])('a marker of type %i is a %s, with and without --records', async (type, control) => {
    const path = write(LOG, special(0x30, Buffer.from([0, 0, 0, type]), Buffer.from([0, 0, 0, 0, 0, 9])))
    for (const options of [[], ['--records']]) {
      const { exitCode, items } = await dump(path, ...options)
      expect(exitCode).toBe(0)
      expect(items[0]).toMatchObject({ type: 'batch', isTransactional: true, isControl: true })
      expect(items[1]).toMatchObject({ type: 'record', control, coordinatorEpoch: 9 })
    }
  })

  it('a delete horizon is told as a time', async () => {
    const { items } = await dump(write(LOG, special(0x40, Buffer.from('k'), Buffer.from('v'))))
    expect(items[0]).toMatchObject({ deleteHorizon: '2023-11-14T22:13:20.000Z' })
  })

  it('gaps between offsets are no damage: compaction leaves them', async () => {
    expect((await dump(write(LOG, batch(105, 1), batch(109, 2)))).exitCode).toBe(0)
  })
})

describe('files that are set aside', () => {
  it.each(['.corrupt', '.deleted', '.swap', '.cleaned'])('a segment with %s is read like any other', async suffix => {
    const { exitCode, items } = await dump(write(LOG + suffix, batch(100, 2)))
    expect([exitCode, items.at(-1)?.['records']]).toEqual([0, 2])
  })

  it('what a recovery cut off may begin in the middle of a batch', async () => {
    const path = write(`${LOG}.640.torn`, batch(100, 2).subarray(30), batch(102, 1))
    const { exitCode, items } = await dump(path)
    expect(exitCode).toBe(0)
    expect(items).toMatchObject([{ type: 'skipped', position: 0 }, { type: 'batch', baseOffset: 102 }, { batches: 1 }])
  })

  it('behind bytes that are no batch the next whole batch is found', async () => {
    const { exitCode, items } = await dump(write(LOG, batch(100, 1), Buffer.alloc(70, 0xff), batch(101, 1)))
    expect(exitCode).toBe(1)
    const from = batch(100, 1).length
    expect(items.slice(1)).toMatchObject([
      { type: 'skipped', position: from, bytes: 70 },
      { type: 'batch', baseOffset: 101 },
      { problems: [expect.stringContaining(`byte ${from}: magic`)] }
    ])
  })
})

describe('checkpoints and markers', () => {
  it.each([
    ['leader-epoch-checkpoint', '0\n2\n3 0\n5 120\n', { epoch: 5, startOffset: 120 }],
    ['log-start-offset', '0\n1\n42\n', { offset: 42 }],
    ['recovery-point-offset-checkpoint', '0\n1\norders 3 77\n', { topic: 'orders', partition: 3, offset: 77 }],
    ['log-start-offset-checkpoint', '0\n1\norders 3 7\n', { partition: 3, offset: 7 }],
    ['cleaner-offset-checkpoint', '0\n1\norders 3 7\n', { partition: 3, offset: 7 }],
    ['.kafka_cleanshutdown', '{"version":0,"brokerEpoch":9}', { brokerEpoch: 9 }],
    ['00000000000000000100.swap', '0\n2\nreplaces 100\ncrc 5\n', { what: 'crc', value: 5 }]
  ])('%s is printed', async (name, text, facts) => {
    const { exitCode, items } = await dump(write(name, Buffer.from(text)))
    expect(exitCode).toBe(0)
    expect(items.at(-2)).toMatchObject(facts)
  })

  it.each([
    ['leader-epoch-checkpoint', '0\n2\n3 0\n5 x\n', 'byte 8'],
    ['leader-epoch-checkpoint', '0\n3\n3 0\n5 9\n', 'byte 2'],
    ['leader-epoch-checkpoint', '1\n1\n3 0\n', 'byte 0'],
    ['log-start-offset', '0\n1\n42', 'byte 6'],
    ['.kafka_cleanshutdown', '{"version":', 'byte 0']
  ])('%s with damage is printed as far as it goes, with its place', async (name, text, place) => {
    const { exitCode, items } = await dump(write(name, Buffer.from(text)))
    expect(exitCode).toBe(1)
    expect(JSON.stringify(items.at(-1)?.['problems'])).toContain(place)
  })
})

describe('the transaction index', () => {
  function entry(...values: number[]): Buffer {
    const bytes = Buffer.alloc(34)
    for (const [index, value] of values.entries()) bytes.writeBigInt64BE(BigInt(value), 2 + index * 8)
    return bytes
  }
  function seal(entries: Buffer): Buffer {
    const bytes = Buffer.alloc(32)
    bytes.writeBigInt64BE(200n, 0)
    bytes.writeInt32BE(entries.length / 34, 24)
    bytes.writeUInt32BE(crc32c(Buffer.concat([entries, bytes.subarray(0, 28)])), 28)
    return bytes
  }
  const TXN = '00000000000000000100.txnindex'

  it("is printed as Kafka writes it, and with StreamBus' seal", async () => {
    const entries = Buffer.concat([entry(7, 100, 110, 111), entry(8, 104, 120, 121)])
    const kafka = await dump(write(TXN, entries))
    expect(kafka.exitCode).toBe(0)
    expect(kafka.items[1]).toMatchObject({ producerId: 8, firstOffset: 104, lastOffset: 120, lastStableOffset: 121 })
    const { exitCode, items } = await dump(write(TXN, entries, seal(entries)))
    expect([exitCode, items[2]]).toEqual([0, expect.objectContaining({ type: 'seal', endOffset: 200, isValid: true })])
  })

  it.each([
    ['a cut entry', Buffer.concat([entry(7, 1, 2, 3), Buffer.alloc(20)]), 'byte 34'],
    ['another version', Buffer.concat([Buffer.from([0, 1]), entry(7, 1, 2, 3).subarray(2)]), 'version'],
    ['entries that do not rise', Buffer.concat([entry(7, 1, 9, 10), entry(7, 1, 9, 10)]), 'byte 34'],
    ['a seal of other entries', Buffer.concat([entry(7, 1, 2, 3), seal(entry(7, 1, 2, 4))]), 'CRC']
  ])('%s is found', async (_, bytes, words) => {
    const { exitCode, items } = await dump(write(TXN, bytes))
    expect(exitCode).toBe(1)
    expect(JSON.stringify(items.at(-1)?.['problems'])).toContain(words)
  })
})

describe('the other files', () => {
  function ints(...values: number[]): Buffer {
    const bytes = Buffer.alloc(values.length * 4)
    for (const [index, value] of values.entries()) bytes.writeInt32BE(value, index * 4)
    return bytes
  }

  it('prints offset index entries from the base offset, without the preallocated rest', async () => {
    const { exitCode, items } = await dump(
      write('00000000000000000100.index', ints(5, 4096, 9, 8192), Buffer.alloc(80))
    )
    expect(exitCode).toBe(0)
    expect(items.slice(0, -1)).toMatchObject([
      { offset: 105, position: 4096 },
      { offset: 109, position: 8192 }
    ])
  })

  it('finds entries that do not rise', async () => {
    expect((await dump(write('00000000000000000100.index', ints(5, 4096, 5, 8192)))).exitCode).toBe(1)
    expect((await dump(write('00000000000000000100.timeindex', ints(0, 9, 1, 0, 8, 2)))).exitCode).toBe(1)
  })

  it('prints time index entries', async () => {
    const { exitCode, items } = await dump(write('00000000000000000100.timeindex', ints(0, 9, 1, 0, 10, 2)))
    expect(exitCode).toBe(0)
    expect(items[1]).toMatchObject({ timestamp: 10, offset: 102 })
  })

  it('prints producers of a snapshot and checks it', async () => {
    const entry = Buffer.alloc(46)
    entry.writeBigInt64BE(77n, 0)
    entry.writeInt32BE(41, 10)
    const body = Buffer.concat([ints(1), entry])
    const head = Buffer.alloc(6)
    head.writeInt16BE(1, 0)
    head.writeUInt32BE(crc32c(body), 2)
    const { exitCode, items } = await dump(write('00000000000000000100.snapshot', head, body))
    expect(exitCode).toBe(0)
    expect(items[0]).toMatchObject({ type: 'producer', producerId: 77, lastSequence: 41 })
    head.writeUInt32BE(1, 2)
    expect((await dump(write('00000000000000000100.snapshot', head, body))).exitCode).toBe(1)
  })

  it('takes directories, and refuses what is none of these files', async () => {
    write(LOG, batch(100, 1))
    expect((await dump(directory)).items.at(-1)).toMatchObject({ type: 'file', isSound: true })
    expect((await run(['dump-log', write('notes.txt')])).exitCode).toBe(2)
    expect((await run(['dump-log', join(directory, 'missing.log')])).exitCode).toBe(2)
  })
})
