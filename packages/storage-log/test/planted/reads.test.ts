import { BufferPool } from '@streambus/base'
import { expect, test } from 'vitest'
import { append, newDisk, openLog } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

test('planted: a read buffer is given back before it is released', () => {
  const { log } = openLog(newDisk(), { buffers: new BufferPool(1 << 20) })
  for (let tag = 0; tag < 2; tag++) append(log, { tag, valueBytes: 100 })
  const read = (fromOffset: number) =>
    log.read({ fromOffset, untilOffset: log.logEndOffset, bytesMax: 1, minOneBatch: true })
  const first = read(0)
  const bytes = Buffer.from(first.buffer ?? [])
  const second = read(1)
  // The socket has not taken the first one yet.
  expect(first.buffer?.equals(bytes)).toBe(true)
  first.release()
  second.release()
})
