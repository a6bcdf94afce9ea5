/**
 * Records what real clients and a real broker say to each other, as golden frames for packages/protocol/test/golden.
 *
 *   node tools/record-frames.ts --listen 19393 --to 127.0.0.1:19292 --client kcat --out packages/protocol/test/golden
 *
 * The broker must advertise the listening port, so that every connection of the client comes through here. Of each
 * (API, version, direction) the largest frame of at most --max bytes is kept: it exercises the most fields.
 * The broker's ApiVersions answer is cut down to the versions that this project speaks, so that clients choose those.
 * Ends, and writes the files, on SIGINT or SIGTERM.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  apiByKey,
  apis,
  decodeRequestHeader,
  decodeResponse,
  encodeResponseFrame,
  FRAME_LENGTH_BYTES,
  Framer,
  WireReader
} from '@streambus/protocol'

const FRAME_BYTES_MAX = 100 << 20
const HEX_LINE = 96

type Direction = 'request' | 'response'

class Recorder {
  readonly #frames = new Map<string, Buffer>()
  readonly #bytesMax: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  keep(call: Call, direction: Direction, frame: Buffer): void {
    const api = apiByKey(call.apiKey)
    if (api === undefined || frame.length > this.#bytesMax) return
    const name = `${api.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}-v${call.version}-${direction}`
    const known = this.#frames.get(name)
    if (known === undefined || frame.length > known.length) this.#frames.set(name, Buffer.from(frame))
  }

  write(folder: string, client: string): void {
    mkdirSync(folder, { recursive: true })
    for (const [name, frame] of this.#frames) {
      const lines = frame.toString('hex').match(new RegExp(`.{1,${HEX_LINE}}`, 'g')) ?? []
      writeFileSync(join(folder, `${name}-${client}.hex`), `${lines.join('\n')}\n`)
    }
    console.log(`${this.#frames.size} frames of ${client} written to ${folder}`)
  }
}

interface Call {
  readonly apiKey: number
  readonly version: number
}

/** Lowers the maxima of an ApiVersions answer to ours; other answers pass unchanged. */
function withOurVersions(call: Call, frame: Buffer): Buffer {
  const api = apis.apiVersions
  if (call.apiKey !== api.key || call.version > api.accepted.max) return frame
  const { correlationId, body } = decodeResponse(api, call.version, frame)
  const apiKeys = body.apiKeys.map(entry => {
    const ours = apiByKey(entry.apiKey)?.versions.max ?? entry.maxVersion
    return { ...entry, maxVersion: Math.min(entry.maxVersion, ours) }
  })
  const chunks = encodeResponseFrame({ api, version: call.version, correlationId, body: { ...body, apiKeys } })
  return Buffer.concat(chunks).subarray(FRAME_LENGTH_BYTES)
}

/** Forwards both ways and reads along. */
function relay(client: Socket, broker: Socket, recorder: Recorder): void {
  const calls = new Map<number, Call>()
  const requests = new Framer(FRAME_BYTES_MAX)
  const responses = new Framer(FRAME_BYTES_MAX)
  client.on('data', chunk => {
    broker.write(chunk)
    for (const frame of requests.push(chunk)) {
      const { apiKey, apiVersion, correlationId } = decodeRequestHeader(new WireReader(frame))
      const call = { apiKey, version: apiVersion }
      calls.set(correlationId, call)
      recorder.keep(call, 'request', frame)
    }
  })
  broker.on('data', chunk => {
    for (const frame of responses.push(chunk)) {
      const correlationId = frame.readInt32BE(0)
      const call = calls.get(correlationId)
      calls.delete(correlationId)
      const answer = call === undefined ? frame : withOurVersions(call, frame)
      if (call !== undefined) recorder.keep(call, 'response', answer)
      const length = Buffer.alloc(FRAME_LENGTH_BYTES)
      length.writeInt32BE(answer.length)
      client.write(length)
      client.write(answer)
    }
  })
  for (const [from, to] of [
    [client, broker],
    [broker, client]
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.end())
  }
}

const { values } = parseArgs({
  options: {
    listen: { type: 'string', default: '19393' },
    to: { type: 'string', default: '127.0.0.1:9092' },
    client: { type: 'string' },
    out: { type: 'string', default: 'packages/protocol/test/golden' },
    max: { type: 'string', default: '2048' }
  }
})
const { client: clientName } = values
if (clientName === undefined || !/^[a-z0-9.-]+$/.test(clientName)) {
  throw new Error(`--client ${clientName}: give the client's name and version, such as kcat-1.7.1`)
}
const [host = '127.0.0.1', port = '9092'] = values.to.split(':')
const recorder = new Recorder(Number(values.max))
const sockets = new Set<Socket>()
const server = createServer(client => {
  const broker = connect(Number(port), host)
  for (const socket of [client, broker]) {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  }
  relay(client, broker, recorder)
})
server.listen(Number(values.listen), '127.0.0.1', () => console.log(`recording ${clientName}`))

function finish(): void {
  recorder.write(values.out, clientName as string)
  server.close()
  for (const socket of sockets) socket.destroy()
}
process.once('SIGINT', finish)
process.once('SIGTERM', finish)
