import { describe, expect, test } from 'vitest'
import { batchCrc, buildBatch, stampBaseOffset, walkBatches } from '../batch.ts'
import { freePort } from '../broker-process.ts'
import { Ceiling } from '../ceiling.ts'
import { analyse } from '../cpu-profile.ts'
import { compareBatches } from '../fetch-load.ts'
import { median } from '../figures.ts'
import { FrameBuffer } from '../frame-buffer.ts'
import { runProduce } from '../load.ts'

/** A bench that cannot see a lost, doubled or changed batch measures nothing. */
describe('what is moved is checked', () => {
  test('a batch is walked with its offset, count and checksum', () => {
    const batch = buildBatch({ recordBytes: 100, recordCount: 7 }, 1)
    stampBaseOffset(batch, 42)
    const seen: unknown[] = []
    expect(walkBatches(Buffer.concat([batch, batch.subarray(0, 90)]), found => seen.push(found))).toBe(1)
    expect(seen).toEqual([{ baseOffset: 42, recordCount: 7, crc: batchCrc(batch), bytes: batch.length }])
  })

  test('a flipped bit is found', () => {
    const batch = buildBatch({ recordBytes: 100, recordCount: 7 }, 1)
    batch[300] = (batch[300] ?? 0) ^ 4
    expect(() => walkBatches(batch, () => {})).toThrow(/checksum/)
  })

  test('a lost, a doubled and a foreign batch are found', () => {
    const sent = new Map([[1, 3]])
    expect(() => compareBatches(sent, new Map([[1, 3]]))).not.toThrow()
    expect(() => compareBatches(sent, new Map([[1, 2]]))).toThrow(/3 sent, 2 read/)
    expect(() => compareBatches(sent, new Map([[1, 4]]))).toThrow(/3 sent, 4 read/)
    expect(() => compareBatches(sent, new Map([...sent, [2, 1]]))).toThrow(/0 sent, 1 read/)
  })

  test('a refused connection is reported as such', async () => {
    const port = await freePort()
    const load = {
      topic: 't',
      partitions: 1,
      connections: 2,
      acks: 1,
      recordBytes: 10,
      batchBytes: 10,
      inFlight: 1,
      bytesMax: 10,
      durationMsMax: 1
    } as const
    await expect(runProduce({ host: '127.0.0.1', port }, load)).rejects.toThrow(/ECONNREFUSED/)
  })

  test('the bare server counts what its file holds', async () => {
    const ceiling = await Ceiling.start({ checksum: true, sync: true }, 'here')
    try {
      const load = {
        connections: 3,
        acks: 1,
        recordBytes: 100,
        batchBytes: 1000,
        inFlight: 2,
        bytesMax: 30_000,
        durationMsMax: 5_000
      } as const
      const produced = await ceiling.produce(load)
      expect(produced.requests).toBe(30)
      expect(produced.records).toBe(300)
      expect(produced.bytes).toBe(30_000)
    } finally {
      await ceiling.close()
    }
  })
})

describe('frame buffer', () => {
  test('frames come out whole for every way to cut the stream', () => {
    const frames = [0, 1, 3, 50, 200, 7].map((bytes, index) => {
      const frame = Buffer.alloc(4 + bytes, index + 1)
      frame.writeInt32BE(bytes, 0)
      return frame
    })
    const stream = Buffer.concat(frames)
    for (let step = 1; step <= stream.length; step++) {
      const seen: Buffer[] = []
      const reader = new FrameBuffer((buffer, start, end) => seen.push(Buffer.from(buffer.subarray(start, end))), 64)
      for (let at = 0; at < stream.length; ) {
        const count = Math.min(step, stream.length - at, reader.target().length)
        expect(count).toBeGreaterThan(0)
        stream.copy(reader.target(), 0, at, at + count)
        reader.received(count)
        at += count
      }
      expect(seen, `in steps of ${step}`).toEqual(frames.map(frame => frame.subarray(4)))
    }
  })
})

describe('figures', () => {
  test('median', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
  })

  test('a profile is grouped by the nearest caller that names a group, without idle time and what is outside the window', () => {
    const node = (id: number, [functionName, url]: [string, string], children: number[]) => ({
      id,
      callFrame: { functionName, url, lineNumber: 0 },
      children
    })
    const profile = {
      startTime: 5000,
      nodes: [
        node(1, ['(root)', ''], [2, 4]),
        node(2, ['writevSync', 'node:fs'], [3]),
        node(3, ['helper', ''], []),
        node(4, ['(idle)', ''], [])
      ],
      samples: [2, 2, 3, 4, 3],
      timeDeltas: [500, 1000, 2000, 9000, 1000]
    }
    const { groups, functions } = analyse(profile, { fromUs: 6000, toUs: 20_000 })
    expect(groups).toEqual([{ name: 'file write', selfMs: 4, percent: 100 }])
    expect(functions.map(share => share.selfMs)).toEqual([3, 1])
  })
})
