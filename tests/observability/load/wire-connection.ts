import {
  type AnyApi,
  apiByKey,
  DecodeError,
  decodeRequestHeader,
  decodeResponse,
  FRAME_LENGTH_BYTES,
  FrameError,
  Framer,
  isApiVersionsAboveMax,
  type ProduceRequest,
  type RequestHeader,
  WireReader
} from '@streambus/protocol'
import type { SentRecords } from './produce-tally.ts'
import type { Refusal, WireTally } from './wire-tally.ts'

/** Answers have no limit of ours. */
const ANSWER_BYTES_MAX = 0x7fffffff

interface Pending {
  readonly api: AnyApi
  readonly header: RequestHeader
  /** What the tally wants to see again; undefined: the answer to a request that was refused, which is not counted. */
  readonly note: unknown
  readonly isCounted: boolean
}

/** Who ended a connection first. A client may also have thrown it away (`reset`). */
export type EndedBy = 'client' | 'broker' | 'reset'

/** Reads one connection's bytes on their way, in both directions, into the tally. */
export class WireConnection {
  readonly #tally: WireTally
  readonly #fromClient: Framer
  readonly #fromBroker = new Framer(ANSWER_BYTES_MAX)
  readonly #pending: Pending[] = []
  /** Requests that want no answer, of which only the end of the connection tells whether the last one was taken. */
  #unanswered: SentRecords[] = []
  /** Why the broker will close it; nothing that follows is read any more. */
  #error: string | null = null
  #isEnded = false

  /** `frameBytesMax`: the broker's `socket.request.max.bytes`. */
  constructor(tally: WireTally, frameBytesMax: number) {
    this.#tally = tally
    this.#fromClient = new Framer(frameBytesMax)
    tally.connectionsOpened++
  }

  /** Something was said, all of it was answered, and nothing is half said. */
  get isSettled(): boolean {
    return this.#pending.length === 0 && this.#unanswered.length === 0 && this.#fromClient.pendingBytes === 0
  }

  clientSent(chunk: Buffer): void {
    this.#tally.bytesIn += chunk.length
    if (this.#error !== null) return
    try {
      for (const frame of this.#fromClient.push(chunk)) if (this.#error === null) this.#request(frame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#error = 'frame_size'
    }
  }

  brokerSent(chunk: Buffer): void {
    this.#tally.bytesOut += chunk.length
    for (const frame of this.#fromBroker.push(chunk)) this.#answer(frame)
  }

  /** Told once, when nothing more can come. */
  ended(by: EndedBy): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const reason = this.#error ?? (by === 'broker' ? 'policy' : by)
    this.#tally.connectionsEnded.add(1, reason)
    const last = reason === 'policy' ? this.#unanswered.pop() : undefined
    for (const sent of this.#unanswered) this.#tally.produced.wantedNoAnswer(sent, false)
    if (last !== undefined) this.#tally.produced.wantedNoAnswer(last, true)
    this.#unanswered = []
    const { length } = this.#pending
    if (length > 0) this.#tally.problems.push(`a connection that ended (${reason}) was owed ${length} answers`)
  }

  #request(frame: Buffer): void {
    this.#tally.framesIn++
    try {
      const reader = new WireReader(frame)
      const header = decodeRequestHeader(reader)
      const api = apiByKey(header.apiKey)
      if (api === undefined) return this.#refuse('unknown_api')
      const { min, max } = api.accepted
      if (isApiVersionsAboveMax(header)) return this.#refuse('unsupported_version', { api, header })
      if (header.apiVersion < min || header.apiVersion > max) return this.#refuse('unsupported_version')
      const body = api.request.decode(reader, header.apiVersion)
      reader.finish()
      const note = this.#tally.request(api, header.apiVersion, body, frame.length)
      if (api.name === 'Produce' && (body as ProduceRequest).acks === 0) this.#unanswered.push(note as SentRecords)
      else this.#pending.push({ api, header, note, isCounted: true })
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#refuse('malformed')
    }
  }

  /** `answered`: only ApiVersions is, whatever its version, so that a newer client can ask again (KIP-511). */
  #refuse(reason: Refusal, answered?: Pick<Pending, 'api' | 'header'>): void {
    this.#tally.refused.add(1, reason)
    if (answered !== undefined) this.#pending.push({ ...answered, note: undefined, isCounted: false })
    else this.#error = reason === 'malformed' ? 'malformed' : 'unsupported'
  }

  #answer(frame: Buffer): void {
    this.#tally.framesOut++
    const pending = this.#pending.shift()
    if (pending === undefined) {
      this.#tally.problems.push(`an answer of ${frame.length} bytes that nobody had asked for`)
      return
    }
    const { api, header, note, isCounted } = pending
    if (frame.readInt32BE(0) !== header.correlationId) {
      this.#tally.problems.push(`${api.name}: the answer to ${header.correlationId} came out of order`)
    }
    if (!isCounted) return
    try {
      const { body } = decodeResponse(api, header.apiVersion, frame)
      this.#tally.answer(api, note, body, frame.length + FRAME_LENGTH_BYTES)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#tally.problems.push(`${api.name} v${header.apiVersion}: the answer cannot be read: ${error.message}`)
    }
  }
}
