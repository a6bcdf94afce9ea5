import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BatchRefused,
  type BatchRules,
  compress,
  RecordBatchBuilder,
  readRecords,
  validateBatch
} from '../../src/records/index.ts'
import {
  batchAround,
  batchOf,
  CODECS,
  changed,
  goodBatch,
  NOW_MS,
  RULES,
  record,
  refusalOf,
  validate
} from './batches.ts'

function expectRefusal(batch: Buffer, errorName: string, rules: Partial<BatchRules> = {}): void {
  const before = Buffer.from(batch)
  const refusal = refusalOf(batch, rules)
  expect(refusal.error.name).toBe(errorName)
  expect(refusal.message.length).toBeGreaterThan(20)
  expect(batch).toEqual(before)
}

const patch = (change: (copy: Buffer) => void): Buffer => changed(goodBatch(), change)

describe('what is no batch', () => {
  test.each([0, 1, 11, 12, 60])('%i bytes', size => {
    expectRefusal(goodBatch().subarray(0, size), 'INVALID_RECORD')
  })

  test('a length that is negative, too small or beyond the bytes', () => {
    for (const length of [-1, -(2 ** 31), 0, 48, 49, 2 ** 31 - 1, goodBatch().length - 11]) {
      expectRefusal(
        patch(copy => copy.writeInt32BE(length, 8)),
        length === 49 ? 'INVALID_RECORD' : 'CORRUPT_MESSAGE'
      )
    }
  })

  test('two batches, or anything after the first', () => {
    expectRefusal(Buffer.concat([goodBatch(), goodBatch()]), 'INVALID_RECORD')
    expectRefusal(Buffer.concat([goodBatch(), Buffer.alloc(1)]), 'INVALID_RECORD')
  })

  test.each([
    [0, 'INVALID_RECORD'],
    [1, 'INVALID_RECORD'],
    [3, 'CORRUPT_MESSAGE'],
    [127, 'CORRUPT_MESSAGE'],
    [-1, 'CORRUPT_MESSAGE']
  ])('message format %i', (magic, errorName) => {
    expectRefusal(
      patch(copy => copy.writeInt8(magic, 16)),
      errorName
    )
  })
})

describe('limits', () => {
  test('max.message.bytes is the largest batch allowed', () => {
    const batch = goodBatch()
    expect(validate(batch, { maxMessageBytes: batch.length }).recordCount).toBe(3)
    expectRefusal(batch, 'MESSAGE_TOO_LARGE', { maxMessageBytes: batch.length - 1 })
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s may not grow beyond the limit', codec => {
    const records = [record({ value: Buffer.alloc(100_000) })]
    const plain = batchOf(records).length - 61
    const batch = batchOf(records, { codec })
    expect(validate(batch, { decompressedBytesMax: plain }).recordCount).toBe(1)
    expectRefusal(batch, 'MESSAGE_TOO_LARGE', { decompressedBytesMax: plain - 1 })
  })
})

describe('the CRC', () => {
  test('is compared before anything else is believed', () => {
    const batch = goodBatch()
    batch[60] = 9
    expectRefusal(batch, 'CORRUPT_MESSAGE')
  })

  test('any flipped bit that it covers is found', () => {
    const batch = goodBatch()
    for (let bit = 21 * 8; bit < batch.length * 8; bit++) {
      const copy = Buffer.from(batch)
      copy[bit >>> 3] = (copy[bit >>> 3] as number) ^ (1 << (bit & 7))
      expectRefusal(copy, 'CORRUPT_MESSAGE')
    }
  })
})

describe('header fields', () => {
  test('a base offset other than 0', () => {
    for (const offset of [1n, -1n, 2n ** 63n - 1n]) {
      expectRefusal(
        patch(copy => copy.writeBigInt64BE(offset, 0)),
        'INVALID_RECORD'
      )
    }
  })

  test('record count 0, −1, 2^31 − 1, or not last offset delta + 1', () => {
    const wrong = [
      ...[0, -1, 2 ** 31 - 1, 2, 4].map(count => patch(copy => copy.writeInt32BE(count, 57))),
      ...[7, 1, -1].map(delta => patch(copy => copy.writeInt32BE(delta, 23)))
    ]
    for (const batch of wrong) {
      expectRefusal(batch, 'INVALID_RECORD')
      expectRefusal(batch, 'INVALID_RECORD', { checkRecords: false })
    }
  })

  test('counts that agree with each other but not with the records', () => {
    for (const count of [1, 2, 4, 2 ** 31 - 1]) {
      for (const codec of CODECS) {
        const batch = changed(goodBatch({ codec }), copy => {
          copy.writeInt32BE(count - 1, 23)
          copy.writeInt32BE(count, 57)
        })
        expectRefusal(batch, 'INVALID_RECORD')
      }
    }
  })

  test.each([5, 6, 7])('codec %i', codec => {
    expectRefusal(
      patch(copy => copy.writeInt16BE(codec, 21)),
      'UNSUPPORTED_COMPRESSION_TYPE'
    )
  })

  test('control batches, delete horizons and LogAppendTime are not for producers', () => {
    expectRefusal(goodBatch({ isControl: true }), 'INVALID_RECORD')
    expectRefusal(
      patch(copy => copy.writeInt16BE(0x40, 21)),
      'INVALID_RECORD'
    )
    expectRefusal(
      patch(copy => copy.writeInt16BE(0x08, 21)),
      'INVALID_TIMESTAMP'
    )
    expectRefusal(
      patch(copy => copy.writeInt16BE(0x08, 21)),
      'INVALID_TIMESTAMP',
      { timestampType: 'LogAppendTime' }
    )
  })

  test('a producer id needs an epoch and a sequence, a transaction needs a producer id', () => {
    expectRefusal(goodBatch({ producerId: 5, producerEpoch: 0 }), 'INVALID_RECORD')
    expectRefusal(goodBatch({ producerId: 5, baseSequence: 0 }), 'INVALID_RECORD')
    expectRefusal(goodBatch({ producerId: -2, producerEpoch: 0, baseSequence: 0 }), 'INVALID_RECORD')
    expectRefusal(
      patch(copy => copy.writeBigInt64BE(2n ** 62n, 43)),
      'INVALID_RECORD'
    )
    expectRefusal(goodBatch({ isTransactional: true }), 'INVALID_RECORD')
  })

  test('timestamps that no number holds', () => {
    for (const at of [27, 35]) {
      for (const timestamp of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -2n]) {
        const batch = patch(copy => copy.writeBigInt64BE(timestamp, at))
        expectRefusal(batch, 'INVALID_TIMESTAMP')
        expectRefusal(batch, 'INVALID_TIMESTAMP', { timestampType: 'LogAppendTime' })
      }
    }
  })
})

describe('compressed records', () => {
  const CODED = ['gzip', 'snappy', 'lz4', 'zstd'] as const

  test.each(CODED)('%s: bombs', codec => {
    const bomb = compress(codec, Buffer.alloc(64 * 1024 * 1024))
    const batch = changed(Buffer.concat([goodBatch({ codec }).subarray(0, 61), bomb]), copy => {
      copy.writeInt32BE(copy.length - 12, 8)
    })
    expectRefusal(batch, 'MESSAGE_TOO_LARGE', { maxMessageBytes: 2 ** 30 })
  })

  test.each(CODED)('%s: nothing, a cut stream, garbage in front or behind', codec => {
    const good = goodBatch({ codec })
    const records = good.subarray(61)
    const broken = [
      Buffer.alloc(0),
      records.subarray(0, -1),
      Buffer.concat([records, Buffer.from('garbage')]),
      Buffer.concat([Buffer.from('garbage'), records])
    ]
    for (const bytes of broken) {
      const batch = changed(Buffer.concat([good.subarray(0, 61), bytes]), copy =>
        copy.writeInt32BE(copy.length - 12, 8)
      )
      expectRefusal(batch, 'CORRUPT_MESSAGE')
    }
  })

  test.each(CODED)('%s: records compressed twice are no records', codec => {
    const good = goodBatch({ codec })
    const twice = compress(codec, good.subarray(61))
    const batch = changed(Buffer.concat([good.subarray(0, 61), twice]), copy => copy.writeInt32BE(copy.length - 12, 8))
    expectRefusal(batch, 'INVALID_RECORD')
  })
})

describe('records', () => {
  // length, attributes, timestamp delta, offset delta, key, value, header count
  const one = (hex: string): Buffer => batchAround(Buffer.from(hex.replaceAll(' ', ''), 'hex'), 1)

  test('the smallest one is accepted', () => {
    expect(validate(one('0c 00 00 00 01 01 00')).recordCount).toBe(1)
  })

  test.each([
    ['a length beyond the batch', '0e 00 00 00 01 01 00'],
    ['a negative length', '01 00 00 00 01 01 00'],
    ['a length of 2^31 − 1', 'feffffff0f 00 00 00 01 01 00'],
    ['a length too small for its fields', '0a 00 00 00 01 01 00'],
    ['a length too large for its fields', '0e 00 00 00 01 01 00 00'],
    ['bytes after the last record', '0c 00 00 00 01 01 00 00'],
    ['attributes', '0c 01 00 00 01 01 00'],
    ['an offset delta that is not its position', '0c 00 00 02 01 01 00'],
    ['a negative offset delta', '0c 00 00 01 01 01 00'],
    ['a key length of −2', '0c 00 00 00 03 01 00'],
    ['a key beyond the record', '0c 00 00 00 08 01 00'],
    ['a key length of 2^31 − 1', '14 00 00 00 feffffff0f 01 00'],
    ['a value length of −2', '0c 00 00 00 01 03 00'],
    ['a value beyond the record', '0c 00 00 00 01 04 00'],
    ['a negative header count', '0c 00 00 00 01 01 01'],
    ['2^31 − 1 headers', '14 00 00 00 01 01 feffffff0f'],
    ['a header that is not there', '0c 00 00 00 01 01 02'],
    ['a null header key', '10 00 00 00 01 01 02 01 01'],
    ['a header key beyond the record', '10 00 00 00 01 01 02 08 01'],
    ['a header value beyond the record', '10 00 00 00 01 01 02 00 08'],
    ['a header value length of −2', '10 00 00 00 01 01 02 00 03'],
    ['a varint of six bytes', '16 00 00 808080808000 01 01 00'],
    ['a varlong of eleven bytes', '20 00 8080808080808080808000 00 01 01 00'],
    ['nothing but its length', '0c']
  ])('%s', (_name, hex) => {
    const refusal = refusalOf(one(hex))
    expect(refusal.error.name).toBe('INVALID_RECORD')
  })

  test('the record at fault is named', () => {
    const builder = new RecordBatchBuilder()
    for (let i = 0; i < 5; i++) builder.append(record())
    const batch = builder.build()
    const third = 61 + ((batch.length - 61) / 5) * 3
    const refusal = refusalOf(changed(batch, copy => copy.writeUInt8(0x7f, third + 4)))
    expect(refusal.recordErrors).toEqual([{ index: 3, message: expect.stringContaining('record 3: ') }])
  })

  test('a timestamp far from what a number holds', () => {
    // delta 2^63 − 1 and −2^63
    for (const delta of ['feffffffffffffffff01', 'ffffffffffffffffff01']) {
      const refusal = refusalOf(one(`1e 00 ${delta} 00 01 01 00`))
      expect(refusal.error.name).toBe('INVALID_TIMESTAMP')
    }
  })
})

describe('random damage', () => {
  const rules = [
    RULES,
    { ...RULES, timestampType: 'LogAppendTime' as const },
    { ...RULES, checkRecords: false, isCompacted: true }
  ]

  test('ends in acceptance or in a refusal, never in anything else', () => {
    const flips = fc.array(fc.record({ at: fc.nat(10_000), value: fc.nat(255) }), { minLength: 1, maxLength: 5 })
    const kept = fc.record({ from: fc.nat(3), to: fc.nat(60) })
    fc.assert(
      fc.property(
        fc.constantFrom(...CODECS),
        flips,
        kept,
        fc.tuple(fc.boolean(), fc.constantFrom(...rules)),
        (codec, bytes, cut, [isCrcRight, rule]) => {
          const good = batchOf(
            [record(), record({ value: Buffer.from('value '.repeat(90)) }), record({ timestamp: NOW_MS - 9 })],
            { codec }
          )
          const damaged = Buffer.from(cut.from === 0 ? good.subarray(0, good.length - cut.to) : good)
          for (const { at, value } of bytes) damaged[at % damaged.length] = value
          if (isCrcRight && damaged.length >= 61) {
            damaged.writeInt32BE(damaged.length - 12, 8)
            changed(damaged, () => {}).copy(damaged)
          }
          try {
            validateBatch(damaged, 0, damaged.length, rule)
          } catch (error) {
            if (!(error instanceof BatchRefused)) throw error
          }
        }
      ),
      { numRuns: 4000 }
    )
  })

  test('a batch that is accepted can be read', () => {
    const flips = fc.array(fc.record({ at: fc.nat(10_000), value: fc.nat(255) }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(flips, bytes => {
        const damaged = goodBatch()
        for (const { at, value } of bytes) damaged[61 + (at % (damaged.length - 61))] = value
        const batch = changed(damaged, () => {})
        const isRefused = (() => {
          try {
            return validate(batch) === null
          } catch (error) {
            return error instanceof BatchRefused
          }
        })()
        if (!isRefused) expect(readRecords(batch)).toHaveLength(3)
      }),
      { numRuns: 3000 }
    )
  })
})
