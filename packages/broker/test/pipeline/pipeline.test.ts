import { apiVersionsApi } from '@streambus/protocol'
import { describe, expect, test } from 'vitest'
import type { AnyHandler } from '../../src/handlers/handler.ts'
import { HandlerRegistry } from '../../src/handlers/registry.ts'
import type { Exchange, RequestName } from '../../src/pipeline/exchange.ts'
import { Pipeline } from '../../src/pipeline/pipeline.ts'
import { RequestClock } from '../../src/pipeline/request-clock.ts'
import { type RequestTrack, SILENT_REQUEST_PROBE } from '../../src/pipeline/request-probe.ts'

const PEER = { connectionId: 7, host: 'h', port: 1, software: null, advertised: { host: 'b', port: 9092 } }

function setup(handle: () => unknown = () => Promise.reject(new Error('planted'))) {
  const closed: { reason: string; request: RequestName | undefined }[] = []
  const bugs: { api: string; track: RequestTrack }[] = []
  const failed: RequestTrack[] = []
  const finished: RequestTrack[] = []
  let nowMs = 100
  const clock = new RequestClock({ monotonicMs: () => nowMs++ }, true)
  clock.arrive()
  const pipeline = new Pipeline({
    registry: new HandlerRegistry([{ api: apiVersionsApi, handle } as unknown as AnyHandler]),
    probe: { ...SILENT_REQUEST_PROBE, failed: track => failed.push(track), finished: track => finished.push(track) },
    clock,
    onBug: (api, _error, track) => bugs.push({ api, track })
  })
  const exchange: Exchange = {
    arrivedMs: 99,
    holdsBack: false,
    afterWrite: null,
    onSent: null,
    respond() {},
    close: (reason, _detail, request) => void closed.push({ reason, request })
  }
  const execute = (frame: Buffer): void => pipeline.execute(frame, PEER, exchange)
  return { execute, closed, bugs, failed, finished }
}

/** Without its length field. */
function frame(apiKey: number, version: number, body = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(13)
  header.writeInt16BE(apiKey, 0)
  header.writeInt16BE(version, 2)
  header.writeInt32BE(42, 4)
  header.writeInt16BE(3, 8)
  header.write('cid', 10)
  return Buffer.concat([header, body])
}

describe('a connection that is closed because of a request', () => {
  const who = { correlationId: 42, clientId: 'cid' }

  test('names it, as far as it was understood', () => {
    const { execute, closed } = setup()
    execute(frame(999, 0))
    execute(frame(18, 0, Buffer.from([1])))
    execute(Buffer.from([0, 18]))
    expect(closed).toEqual([
      { reason: 'unsupported', request: { ...who, api: 'key 999' } },
      { reason: 'malformed', request: { ...who, api: 'ApiVersions' } },
      { reason: 'malformed', request: undefined }
    ])
  })

  test.each([
    [
      'at once',
      () => {
        throw new Error('planted')
      }
    ],
    ['later', () => Promise.reject(new Error('planted'))]
  ])('whose handler threw %s names it, too, to whoever watches bugs, with its times', async (_, handle) => {
    const { execute, closed, bugs, failed } = setup(handle)
    execute(frame(18, 0))
    await Promise.resolve().then(() => {})
    expect(closed).toEqual([{ reason: 'policy', request: { ...who, api: 'ApiVersions' } }])
    expect(bugs).toMatchObject([{ api: 'ApiVersions', track: { connectionId: 7, correlationId: 42 } }])
    expect(failed[0]?.handledMs).toBeGreaterThan(failed[0]?.receivedMs ?? 0)
    expect(failed[0]?.readyMs).toBeGreaterThanOrEqual(failed[0]?.handledMs ?? 0)
  })
})

test('the turn of a request comes with its chunk, or when the work on the one before it ends: one reading each', () => {
  const { execute, finished } = setup(() => ({ errorCode: 0, apiKeys: [] }))
  for (let i = 0; i < 3; i++) execute(frame(18, 0))
  expect(finished.map(({ receivedMs, handledMs, readyMs }) => [receivedMs, handledMs, readyMs])).toEqual([
    [100, 101, 101],
    [101, 102, 102],
    [102, 103, 103]
  ])
})
