import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  apis,
  decodeRequestHeader,
  decodeResponse,
  encodeRequestFrame,
  encodeResponseFrame,
  WireReader
} from '../src/index.ts'

// Frames without their length bytes, named api-vN-direction-client.hex; see tools/record-frames.ts.
const folder = resolve(import.meta.dirname, 'golden')
const NAME = /^([a-z-]+)-v(\d+)-(request|response)-(.+)\.hex$/

const byFileName = new Map(
  Object.values(apis).map(
    schema => [schema.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase(), schema] as const
  )
)

function read(file: string): { api: string; version: number; direction: string; client: string; frame: Buffer } {
  const match = NAME.exec(file)
  if (match === null) throw new Error(`${file}: not named api-vN-direction-client.hex`)
  const [, api = '', version, direction = '', client = ''] = match
  const frame = Buffer.from(readFileSync(resolve(folder, file), 'latin1').replaceAll(/\s/g, ''), 'hex')
  return { api, version: Number(version), direction, client, frame }
}

function schemaOf(api: string): (typeof apis)[keyof typeof apis] {
  const schema = byFileName.get(api)
  if (schema === undefined) throw new Error(`no API is called ${api}`)
  return schema
}

const files = readdirSync(folder).sort()
const frames = files.map(file => [file, read(file)] as const)

describe('what real clients and Apache Kafka sent decodes, and encodes to the same bytes', () => {
  test.each(frames)('%s', (_file, { api, version, direction, frame }) => {
    const schema = schemaOf(api)
    const again = direction === 'request' ? requestAgain(schema, version, frame) : responseAgain(schema, version, frame)
    expect(Buffer.concat(again).subarray(4).toString('hex')).toBe(frame.toString('hex'))
  })
})

function requestAgain(schema: ReturnType<typeof schemaOf>, version: number, frame: Buffer): Buffer[] {
  const reader = new WireReader(frame)
  const header = decodeRequestHeader(reader)
  expect([header.apiKey, header.apiVersion]).toEqual([schema.key, version])
  const body = schema.request.decode(reader, version)
  reader.finish()
  const { correlationId, clientId } = header
  return encodeRequestFrame<unknown>({ api: schema, version, correlationId, clientId, body })
}

function responseAgain(schema: ReturnType<typeof schemaOf>, version: number, frame: Buffer): Buffer[] {
  const { correlationId, body } = decodeResponse<unknown>(schema, version, frame)
  return encodeResponseFrame<unknown>({ api: schema, version, correlationId, body })
}

test('the frames cover every client family and every API', () => {
  const clients = new Set(frames.map(([, { client }]) => client.replace(/-[\d.]+$/, '')))
  expect([...clients].sort()).toEqual(['java', 'kafkajs', 'kcat', 'librdkafka', 'platformatic'])
  const covered = new Set(frames.map(([, { api }]) => api))
  expect([...byFileName.keys()].filter(name => !covered.has(name))).toEqual([])
})
