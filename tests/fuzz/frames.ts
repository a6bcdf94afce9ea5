import {
  type AnyApi,
  apis,
  decodeRequestHeader,
  EncodeError,
  encodeRequestFrame,
  FRAME_LENGTH_BYTES,
  WireReader
} from '@streambus/protocol'
import type { SeededPrng } from '@streambus/testkit'
import { type FieldRow, ValueMaker, type Vocabulary } from './values.ts'

/** Bytes to send, and what they are, for the report. */
export interface FuzzFrame {
  readonly bytes: Buffer
  readonly label: string
  /** The announced length is not the sent one: more may be awaited, so the sender ends its side afterwards. */
  readonly isOpenEnded: boolean
}

type AnyRequest = AnyApi & { readonly request: { readonly fields: readonly FieldRow[] } }

const ALL = Object.values(apis) as unknown as readonly AnyRequest[]
const COUNT_LIES = [-(2 ** 31), -2, -1, 0, 1, 0x7f, 0xffff, 0x7fffffff, 0x00ffffff, 0x80808080 | 0]

/** Every API at every version that it takes. */
export const SHAPES: readonly { readonly api: AnyRequest; readonly version: number }[] = ALL.flatMap(api => {
  const { min, max } = api.accepted
  return Array.from({ length: max - min + 1 }, (_, index) => ({ api, version: min + index }))
})

/** A request with arbitrary values that follows its schema, and its length in front. */
export function wellFormed(shape: (typeof SHAPES)[number], prng: SeededPrng, vocabulary: Vocabulary): Buffer {
  const { api, version } = shape
  for (let attempt = 0; attempt < 50; attempt++) {
    const body = new ValueMaker(api.name, prng, vocabulary).struct(api.request.fields, version)
    const clientId = prng.pick([null, '', 'fuzz', 'ö'.repeat(100)])
    try {
      return Buffer.concat(encodeRequestFrame({ api, version, correlationId: prng.u32() | 0, clientId, body }))
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
    }
  }
  throw new Error(`no value of ${api.name} v${version} could be encoded in 50 attempts`)
}

/** The frame cut at `at` bytes of its body, with a length that fits. */
export function truncated(frame: Buffer, at: number): Buffer {
  const cut = Buffer.from(frame.subarray(0, FRAME_LENGTH_BYTES + at))
  cut.writeInt32BE(at, 0)
  return cut
}

type Mutate = (frame: Buffer, prng: SeededPrng) => Buffer

/** Changes inside the frame; the length in front is set right again afterwards. */
const MUTATIONS: Readonly<Record<string, Mutate>> = {
  'as it is': frame => frame,
  truncated: (frame, prng) => truncated(frame, 1 + prng.below(frame.length - FRAME_LENGTH_BYTES)),
  'four bytes lie': (frame, prng) =>
    overwritten(frame, prng, 4, (bytes, from) => bytes.writeInt32BE(prng.pick(COUNT_LIES), from)),
  'two bytes lie': (frame, prng) =>
    overwritten(frame, prng, 2, (bytes, from) => bytes.writeInt16BE(prng.pick([-1, -2, 0x7fff, -32_768]), from)),
  'a varint lies': (frame, prng) => overwritten(frame, prng, 5, (bytes, from) => prng.pick(VARINTS).copy(bytes, from)),
  'bits flipped': (frame, prng) => {
    const copy = Buffer.from(frame)
    for (let flips = 1 + prng.below(8); flips > 0; flips--) {
      const index = FRAME_LENGTH_BYTES + prng.below(copy.length - FRAME_LENGTH_BYTES)
      copy.writeUInt8(copy.readUInt8(index) ^ (1 << prng.below(8)), index)
    }
    return copy
  },
  'bytes inserted': (frame, prng) => spliced(frame, prng, Buffer.from(prng.bytes(1 + prng.below(16))), 0),
  'bytes removed': (frame, prng) => spliced(frame, prng, Buffer.alloc(0), 1 + prng.below(8)),
  'bytes behind the end': (frame, prng) => Buffer.concat([frame, prng.bytes(1 + prng.below(64))]),
  'a strange API or version': (frame, prng) => {
    const copy = Buffer.from(frame)
    copy.writeInt16BE(
      prng.pick([-32_768, -1, 4, 8, 11, 24, 68, 93, 1000, 32_767]),
      FRAME_LENGTH_BYTES + (prng.chance(0.5) ? 0 : 2)
    )
    return copy
  }
}
const MUTATION_NAMES = Object.keys(MUTATIONS)
const VARINTS = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff],
  [0x80, 0x80, 0x80, 0x80, 0x08],
  [0x80, 0x80, 0x80, 0x80, 0x00]
].map(bytes => Buffer.from(bytes))

function overwritten(
  frame: Buffer,
  prng: SeededPrng,
  bytes: number,
  write: (copy: Buffer, from: number) => void
): Buffer {
  const room = frame.length - FRAME_LENGTH_BYTES - bytes
  if (room < 0) return frame
  const copy = Buffer.from(frame)
  write(copy, FRAME_LENGTH_BYTES + prng.below(room + 1))
  return copy
}

function spliced(frame: Buffer, prng: SeededPrng, insert: Buffer, remove: number): Buffer {
  const from = FRAME_LENGTH_BYTES + prng.below(frame.length - FRAME_LENGTH_BYTES)
  return Buffer.concat([frame.subarray(0, from), insert, frame.subarray(from + remove)])
}

/** Announced lengths that are wrong: the only frames whose end the broker cannot know. */
const LENGTH_LIES: readonly ((sent: number, prng: SeededPrng) => number)[] = [
  sent => sent + 1,
  (sent, prng) => sent + prng.below(100_000),
  () => 90_000_000,
  () => 2 ** 31 - 1,
  () => 0,
  () => -1,
  () => -(2 ** 31),
  (_sent, prng) => prng.u32() | 0
]

const FOREIGN: readonly Buffer[] = [
  'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST /topics HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'SSH-2.0-OpenSSH_9.6\r\n',
  '\r\n\r\n',
  '*1\r\n$4\r\nPING\r\n',
  'PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n'
]
  .map(text => Buffer.from(text))
  // TLS: ClientHello, and an alert.
  .concat([Buffer.from('16030100c8010000c40303', 'hex'), Buffer.from('15030100020228', 'hex')])

/** The next frame of a run: mostly one API after the other with one mutation each. */
export function nextFrame(index: number, prng: SeededPrng, vocabulary: Vocabulary): FuzzFrame {
  if (prng.chance(0.03)) return { bytes: garbage(prng), label: 'garbage', isOpenEnded: true }
  if (prng.chance(0.02)) return { bytes: prng.pick(FOREIGN), label: 'another protocol', isOpenEnded: true }
  const shape = SHAPES[index % SHAPES.length] as (typeof SHAPES)[number]
  const frame = wellFormed(shape, prng, vocabulary)
  const where = `${shape.api.name} v${shape.version}`
  if (prng.chance(0.03)) {
    const lying = Buffer.from(frame)
    lying.writeInt32BE(prng.pick(LENGTH_LIES)(frame.length - FRAME_LENGTH_BYTES, prng), 0)
    return { bytes: lying, label: `${where}, the length lies`, isOpenEnded: true }
  }
  const name = prng.pick(MUTATION_NAMES)
  const mutated = withLength((MUTATIONS[name] as Mutate)(frame, prng))
  return { bytes: mutated, label: `${where}, ${name}`, isOpenEnded: mutated.length <= FRAME_LENGTH_BYTES }
}

function withLength(frame: Buffer): Buffer {
  const copy = Buffer.from(frame)
  copy.writeInt32BE(copy.length - FRAME_LENGTH_BYTES, 0)
  return copy
}

function garbage(prng: SeededPrng): Buffer {
  return Buffer.from(prng.bytes(1 + prng.below(300)))
}

const WAIT_MS_MAX = 300

/**
 * True for a frame that a mutation turned into an honest request to wait long, or into one that changes something
 * (a fresh topic name by a flipped byte). Such a frame proves nothing and is not sent.
 */
export function isHonestTrouble({ bytes, isOpenEnded }: FuzzFrame): boolean {
  if (isOpenEnded) return false
  try {
    const reader = new WireReader(bytes.subarray(FRAME_LENGTH_BYTES))
    const { apiKey, apiVersion } = decodeRequestHeader(reader)
    const api = ALL.find(({ key }) => key === apiKey)
    if (api === undefined) return false
    const body = api.request.decode(reader, apiVersion) as Readonly<Record<string, unknown>>
    if (api.name === 'Fetch') return Number(body['maxWaitMs']) > WAIT_MS_MAX
    return CHANGING.has(api.name) && body['validateOnly'] === false
  } catch {
    return false
  }
}

const CHANGING = new Set(['CreateTopics', 'CreatePartitions', 'AlterConfigs', 'IncrementalAlterConfigs'])
