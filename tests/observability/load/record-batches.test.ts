import { CODEC_NAMES, RecordBatchBuilder } from '@streambus/protocol/records'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBatches, sumOf } from './record-batches.ts'

const described = fc.record({
  codec: fc.constantFrom(...CODEC_NAMES),
  records: fc.integer({ min: 1, max: 5 }),
  producer: fc.option(
    fc.record({
      producerId: fc.nat(),
      producerEpoch: fc.integer({ min: 0, max: 100 }),
      baseSequence: fc.integer({ min: 0, max: 1_000 })
    })
  ),
  baseOffset: fc.nat()
})

test('reads of batches what their builder was told, and leaves out what is not whole', () => {
  fc.assert(
    fc.property(fc.array(described, { maxLength: 4 }), fc.nat(60), (all, tailBytes) => {
      const batches = all.map(({ codec, records, producer, baseOffset }) => {
        const builder = new RecordBatchBuilder()
        for (let i = 0; i < records; i++) {
          builder.append({ key: null, value: Buffer.from(`record ${i}`), headers: [], timestamp: 1_000 })
        }
        return builder.build({ codec, baseOffset, ...producer })
      })
      const tail = (batches[0] ?? Buffer.alloc(0)).subarray(0, tailBytes)
      const read = readBatches(Buffer.concat([...batches, tail]))
      expect(read).toEqual(
        all.map(({ codec, records, producer, baseOffset }, at) => {
          const { producerId, producerEpoch: epoch, baseSequence: base } = producer ?? {}
          const sequence = producerId === undefined ? null : { producerId: BigInt(producerId), epoch, base }
          return { codec, records, baseOffset, sequence, bytes: batches[at]?.length }
        })
      )
      const records = all.reduce((sum, each) => sum + each.records, 0)
      expect(sumOf(read)).toEqual({ records, bytes: Buffer.concat(batches).length })
    })
  )
})
