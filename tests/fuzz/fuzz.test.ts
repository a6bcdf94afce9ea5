import net from 'node:net'
import { SeededPrng } from '@streambus/testkit'
import { describe, expect, test } from 'vitest'
import { brokenRecords } from './broken-batches.ts'
import { isHonestTrouble, nextFrame, SHAPES, truncated, wellFormed } from './frames.ts'
import { fuzz, verdicts } from './fuzz.ts'
import { Lane } from './lane.ts'
import type { Vocabulary } from './values.ts'

const vocabulary: Vocabulary = {
  topic: 'control',
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  illegalTopic: '//fuzz//',
  records: brokenRecords
}

test('2,000 malformed frames: no crash, no hang, memory flat, state unchanged', async () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 3)
  expect(verdicts(await fuzz({ seed, frames: 2000, everyByte: false }))).toEqual([])
}, 60_000)

describe('the fuzzer itself', () => {
  test('a seed repeats its frames', () => {
    const frames = (): string[] => {
      const prng = new SeededPrng(7)
      return Array.from({ length: 300 }, (_, index) => nextFrame(index, prng, vocabulary).bytes.toString('hex'))
    }
    expect(frames()).toEqual(frames())
  })

  test('every API and version gets frames, and most of them are not what they were', () => {
    const prng = new SeededPrng(1)
    const labels = Array.from({ length: SHAPES.length * 20 }, (_, index) => nextFrame(index, prng, vocabulary).label)
    for (const { api, version } of SHAPES) {
      expect(
        labels.some(label => label.startsWith(`${api.name} v${version},`)),
        `${api.name} v${version}`
      ).toBe(true)
    }
    const untouched = labels.filter(label => label.endsWith('as it is')).length
    expect(untouched / labels.length).toBeLessThan(0.2)
  })

  test('long waits are not taken for hangs', () => {
    const prng = new SeededPrng(1)
    const shape = SHAPES.find(({ api, version }) => api.name === 'Fetch' && version === 4)
    if (shape === undefined) throw new Error('no Fetch v4')
    const frame = wellFormed(shape, prng, vocabulary)
    const label = 'Fetch'
    expect(isHonestTrouble({ bytes: frame, label, isOpenEnded: false })).toBe(false)
    // Replica id, then the wait, behind the client id.
    const patient = Buffer.from(frame)
    const clientIdBytes = Math.max(patient.readInt16BE(12), 0)
    patient.writeInt32BE(60_000, 14 + clientIdBytes + 4)
    expect(isHonestTrouble({ bytes: patient, label, isOpenEnded: false })).toBe(true)
    expect(truncated(frame, 5).length).toBe(9)
  })

  test.each([
    ['never answers', 'hung', (_socket: net.Socket) => undefined],
    ['closes', 'closed', (socket: net.Socket) => socket.destroy()],
    ['answers nonsense', 'hung', (socket: net.Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')]
  ])('canary: a peer that %s is found out', async (_name, outcome, react) => {
    const server = net.createServer(socket => {
      socket.on('error', () => undefined)
      socket.once('data', () => void react(socket))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const lane = new Lane({ host: '127.0.0.1', port }, 100)
    expect(await lane.send(Buffer.from('frame'), false)).toBe(outcome)
    lane.close()
    server.close()
    expect(await new Lane({ host: '127.0.0.1', port }, 100).send(Buffer.from('frame'), false)).toBe('refused')
  })
})
