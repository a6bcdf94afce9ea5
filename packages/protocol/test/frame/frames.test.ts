import { expect, test } from 'vitest'
import {
  apiByKey,
  apis,
  DecodeError,
  decodeRequestHeader,
  decodeResponse,
  encodeApiVersionsFallback,
  encodeRequestFrame,
  encodeResponseFrame,
  isApiVersionsAboveMax,
  WireReader
} from '../../src/index.ts'

const hex = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('hex')
/** Hex that is spaced out by field. */
const spaced = (text: string): string => text.replaceAll(' ', '')
const header = (text: string): WireReader => new WireReader(Buffer.from(spaced(text), 'hex'))

test('request header v1 and v2 differ by the tagged fields only; the client id stays classic', () => {
  const base = { api: apis.apiVersions, correlationId: -2, clientId: 'me' }
  expect(hex(encodeRequestFrame({ ...base, version: 0, body: {} }))).toBe(
    spaced('0000000c 0012 0000 fffffffe 00026d65')
  )
  expect(hex(encodeRequestFrame({ ...base, version: 3, body: {} }))).toBe(
    spaced('00000010 0012 0003 fffffffe 00026d65 00 01 01 00')
  )
  expect(hex(encodeRequestFrame({ ...base, clientId: null, version: 0, body: {} }))).toBe(
    spaced('0000000a00120000fffffffeffff')
  )
})

test('tagged fields of header v2 are skipped', () => {
  const reader = header('0003 0009 00000007 ffff 01 0502beef aa')
  expect(decodeRequestHeader(reader)).toEqual({ apiKey: 3, apiVersion: 9, correlationId: 7, clientId: null })
  expect(reader.remaining).toBe(1)
})

test('the header of an unknown API or version is still read', () => {
  expect(decodeRequestHeader(header('03e7 0063 00000007 0000'))).toEqual({
    apiKey: 999,
    apiVersion: 99,
    correlationId: 7,
    clientId: ''
  })
  expect(apiByKey(999)).toBeUndefined()
})

test('client ids above 255 bytes are refused', () => {
  const start = '0003 0000 00000007'
  expect(decodeRequestHeader(header(`${start}00ff${'61'.repeat(255)}`)).clientId).toHaveLength(255)
  expect(() => decodeRequestHeader(header(`${start}0100${'61'.repeat(256)}`))).toThrow(DecodeError)
})

test('ApiVersions answers with response header v0 in flexible versions too, others with v1', () => {
  const apiVersions = encodeResponseFrame({
    api: apis.apiVersions,
    version: 3,
    correlationId: 1,
    body: { errorCode: 0, apiKeys: [] }
  })
  expect(hex(apiVersions)).toBe(spaced('0000000c 00000001 0000 01 00000000 00'))
  const initProducerId = { errorCode: 0, producerId: 5, producerEpoch: 0 }
  const flexible = encodeResponseFrame({ api: apis.initProducerId, version: 2, correlationId: 1, body: initProducerId })
  expect(hex(flexible)).toBe(spaced('00000016 00000001 00 00000000 0000 0000000000000005 0000 00'))
  expect(decodeResponse(apis.initProducerId, 2, Buffer.concat(flexible).subarray(4))).toEqual({
    correlationId: 1,
    body: { throttleTimeMs: 0, ...initProducerId }
  })
})

test('a response with bytes to spare is refused', () => {
  const frame = encodeResponseFrame({
    api: apis.apiVersions,
    version: 0,
    correlationId: 1,
    body: { errorCode: 0, apiKeys: [] }
  })
  expect(() => decodeResponse(apis.apiVersions, 0, Buffer.concat([...frame, Buffer.alloc(1)]).subarray(4))).toThrow(
    DecodeError
  )
})

test('an ApiVersions above our maximum is answered in v0 with the one entry clients accept', () => {
  const frame = encodeRequestFrame({ api: apis.apiVersions, version: 4, correlationId: 9, clientId: 'new', body: {} })
  const bytes = Buffer.concat(frame).subarray(4)
  bytes.writeInt16BE(5, 2)
  const seen = decodeRequestHeader(new WireReader(bytes))
  expect(isApiVersionsAboveMax(seen)).toBe(true)
  expect(isApiVersionsAboveMax({ ...seen, apiVersion: 4 })).toBe(false)
  // Byte for byte what Kafka 4.3.1 sends.
  expect(hex(encodeApiVersionsFallback(9))).toBe(spaced('00000010 00000009 0023 00000001 0012 0000 0004'))
  const answer = decodeResponse(apis.apiVersions, 0, Buffer.concat(encodeApiVersionsFallback(9)).subarray(4))
  expect(answer.correlationId).toBe(9)
  expect(answer.body).toMatchObject({ errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] })
})

test('Produce advertises from 0 for old librdkafka but accepts from 3', () => {
  expect(apis.produce.versions).toEqual({ min: 0, max: 11 })
  expect(apis.produce.accepted).toEqual({ min: 3, max: 11 })
  for (const api of Object.values(apis)) if (api !== apis.produce) expect(api.versions).toEqual(api.accepted)
})
