import { FRAME_LENGTH_BYTES } from '@streambus/protocol'
import { SeededPrng, startBroker, type TestBroker } from '@streambus/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokenRecords } from '../fuzz/broken-batches.ts'
import { ControlClient } from '../fuzz/control.ts'
import { SHAPES, wellFormed } from '../fuzz/frames.ts'
import { Lane } from '../fuzz/lane.ts'
import type { Vocabulary } from '../fuzz/values.ts'

// Apache Kafka never answers Produce v3–8 with a null records field: the client waits for its timeout.

const VALUES_PER_SHAPE = 12

let broker: TestBroker
let control: ControlClient
let address: { readonly host: string; readonly port: number }

beforeAll(async () => {
  broker = await startBroker({ memory: true, config: { 'auto.create.topics.enable': 'false' } })
  const [host = '', port = ''] = broker.bootstrap.split(':')
  address = { host, port: Number(port) }
  control = new ControlClient(address)
  await control.prepare()
})

afterAll(async () => {
  control.close()
  await broker.stop()
})

describe('every well-formed request is answered', () => {
  test.each(SHAPES.map(shape => [`${shape.api.name} v${shape.version}`, shape] as const))(
    '%s',
    async (_name, shape) => {
      const prng = new SeededPrng(shape.version)
      const lane = new Lane(address, 2000)
      for (const records of [brokenRecords, (): null => null]) {
        const vocabulary: Vocabulary = {
          topic: control.topic,
          topicId: control.topicId,
          illegalTopic: '//x//',
          records
        }
        for (let count = 0; count < VALUES_PER_SHAPE; count++) {
          const frame = wellFormed(shape, prng, vocabulary)
          const outcome = await lane.send(frame, false)
          // Nobody waits for acks=0; it closes the connection when it has an error to tell.
          if (asksForNoAnswer(shape, frame)) continue
          expect(outcome, frame.toString('hex')).toBe('answered')
          expect(lane.answered).toEqual([frame.readInt32BE(FRAME_LENGTH_BYTES + 4)])
        }
      }
      lane.close()
    }
  )
})

function asksForNoAnswer({ api, version }: (typeof SHAPES)[number], frame: Buffer): boolean {
  if (api.name !== 'Produce') return false
  const clientIdBytes = Math.max(frame.readInt16BE(FRAME_LENGTH_BYTES + 8), 0)
  let at = FRAME_LENGTH_BYTES + 10 + clientIdBytes
  if (version >= api.request.flexibleFrom) at += 1
  return acksAt(frame, at, version >= api.request.flexibleFrom) === 0
}

/** `acks` stands behind the transactional id. */
function acksAt(frame: Buffer, at: number, isCompact: boolean): number {
  if (!isCompact) return frame.readInt16BE(at + 2 + Math.max(frame.readInt16BE(at), 0))
  let length = 0
  let shift = 0
  for (;;) {
    const byte = frame.readUInt8(at++)
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) break
    shift += 7
  }
  return frame.readInt16BE(at + Math.max(length - 1, 0))
}
