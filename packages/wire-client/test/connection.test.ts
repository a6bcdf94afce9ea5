import { Errors, metadataApi } from '@streambus/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions } from '../src/connection.ts'
import { WireError } from '../src/errors.ts'
import {
  afterVersions,
  answerVersions,
  type FakeBroker,
  freeAddress,
  metadataFrame,
  startBytes,
  startFrames
} from './fake-broker.ts'
import { ManualClock } from './manual-clock.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

function keep(broker: FakeBroker): FakeBroker {
  stops.push(() => broker.stop())
  return broker
}

async function open(broker: FakeBroker, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const connection = await Connection.open({ address: broker.address, clientId: 'test', ...options })
  stops.push(() => connection.destroy())
  return connection
}

async function failure(promise: Promise<unknown>): Promise<WireError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown
  )
  expect(error).toBeInstanceOf(WireError)
  return error as WireError
}

const EMPTY = { brokers: [], topics: [] }
const NAMED = (clusterId: string) => ({ ...EMPTY, clusterId })

describe('what stands on the other side', () => {
  it('says how to start a broker when nobody listens', async () => {
    const address = await freeAddress()
    const error = await failure(Connection.open({ address, clientId: 'test' }))
    expect(error.failure).toBe('refused')
    expect(error.message).toContain(`no broker listens on 127.0.0.1:${address.port}`)
    expect(error.message).toContain('streambus start')
  })

  it('recognises an HTTP port', async () => {
    const broker = keep(await startBytes(socket => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')))
    const error = await failure(open(broker))
    expect(error.failure).toBe('http-peer')
    expect(error.message).toContain('usually 9092')
    expect(error.retriable).toBe(false)
  })

  it('recognises a TLS alert', async () => {
    const broker = keep(await startBytes(socket => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 0x28]))))
    expect((await failure(open(broker))).failure).toBe('tls-peer')
  })

  it('says what a peer may be that closes instead of answering ApiVersions', async () => {
    const broker = keep(await startBytes(socket => socket.once('data', () => socket.destroy())))
    const error = await failure(open(broker))
    expect(error.failure).toBe('not-kafka')
    expect(error.message).toContain('TLS')
  })

  it('refuses an answer longer than the limit without waiting for it', async () => {
    const broker = keep(await startBytes(socket => socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff]))))
    expect((await failure(open(broker))).failure).toBe('not-kafka')
  })

  it('gives up on a peer that never answers', async () => {
    const clock = new ManualClock()
    const broker = keep(await startFrames(() => clock.advance(2000)))
    const error = await failure(open(broker, { clock, connectTimeoutMs: 2000 }))
    expect(error.failure).toBe('request-timeout')
    expect(error.message).toContain('ApiVersions')
  })
})

describe('version negotiation', () => {
  it('uses the highest version that both speak', async () => {
    const broker = keep(await startFrames(afterVersions(() => {})))
    expect((await open(broker)).versionOf(metadataApi)).toBe(12)
  })

  it('asks again with the version that an older broker names (KIP-511)', async () => {
    const asked: number[] = []
    const broker = keep(
      await startFrames(exchange => {
        const { header } = exchange
        asked.push(header.apiVersion)
        if (header.apiVersion <= 2) return answerVersions(exchange)
        answerVersions(
          { ...exchange, header: { ...header, apiVersion: 0 } },
          { errorCode: Errors.UNSUPPORTED_VERSION.code, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] }
        )
      })
    )
    await open(broker)
    expect(asked).toEqual([4, 2])
  })

  it('falls back to v0 when the older broker names nothing', async () => {
    const asked: number[] = []
    const broker = keep(
      await startFrames(exchange => {
        asked.push(exchange.header.apiVersion)
        if (exchange.header.apiVersion === 0) return answerVersions(exchange)
        answerVersions({ ...exchange, header: { ...exchange.header, apiVersion: 0 } }, { errorCode: 35, apiKeys: [] })
      })
    )
    await open(broker)
    expect(asked).toEqual([4, 0])
  })

  it('names both ranges when there is no common version', async () => {
    const broker = keep(
      await startFrames(exchange =>
        answerVersions(exchange, { errorCode: 0, apiKeys: [{ apiKey: 3, minVersion: 90, maxVersion: 91 }] })
      )
    )
    const connection = await open(broker)
    const error = await failure(connection.send(metadataApi, { topics: null }))
    expect(error.failure).toBe('unsupported')
    expect(error.message).toContain('90–91')
  })
})

describe('requests and answers', () => {
  it('matches answers by correlation id, in whatever order and pieces they come', async () => {
    const ids: number[] = []
    const broker = keep(
      await startFrames(
        afterVersions(({ socket, header }) => {
          ids.push(header.correlationId)
          if (ids.length < 3) return
          for (const id of ids.toReversed()) {
            for (const byte of metadataFrame(id, NAMED(`to ${ids.indexOf(id)}`))) socket.write(Buffer.from([byte]))
          }
        })
      )
    )
    const connection = await open(broker)
    const answers = await Promise.all([0, 1, 2].map(() => connection.send(metadataApi, { topics: null })))
    expect(answers.map(answer => answer.clusterId)).toEqual(['to 0', 'to 1', 'to 2'])
  })

  it('drops a late answer and goes on', async () => {
    const clock = new ManualClock()
    let lateId = -1
    const broker = keep(
      await startFrames(
        afterVersions(({ socket, header }) => {
          if (lateId === -1) {
            lateId = header.correlationId
            clock.advance(500)
            return
          }
          socket.write(metadataFrame(lateId, NAMED('late')))
          socket.write(metadataFrame(header.correlationId, NAMED('in time')))
        })
      )
    )
    const connection = await open(broker, { clock })
    const error = await failure(connection.send(metadataApi, { topics: null }, { timeoutMs: 500 }))
    expect(error.failure).toBe('request-timeout')
    expect(connection.isOpen).toBe(true)
    expect((await connection.send(metadataApi, { topics: null })).clusterId).toBe('in time')
    expect(clock.timerCount).toBe(0)
  })

  it('closes on an answer that nobody asked for, and fails what is in flight', async () => {
    const broker = keep(
      await startFrames(
        afterVersions(({ socket, header }) => socket.write(metadataFrame(header.correlationId + 7, EMPTY)))
      )
    )
    const connection = await open(broker)
    expect((await failure(connection.send(metadataApi, { topics: null }))).failure).toBe('not-kafka')
    expect(connection.isOpen).toBe(false)
    expect((await failure(connection.send(metadataApi, { topics: null }))).failure).toBe('not-kafka')
  })

  it('closes on an answer that cannot be decoded', async () => {
    const broker = keep(
      await startFrames(
        afterVersions(({ socket, header }) => {
          const frame = metadataFrame(header.correlationId, EMPTY)
          socket.write(Buffer.concat([Buffer.from([0, 0, 0, frame.length - 5]), frame.subarray(4, -1)]))
        })
      )
    )
    const connection = await open(broker)
    expect((await failure(connection.send(metadataApi, { topics: null }))).message).toContain('MetadataResponse')
    expect(connection.isOpen).toBe(false)
  })

  it('fails what is in flight when the peer goes away, as something to try again', async () => {
    const broker = keep(await startFrames(afterVersions(({ socket }) => socket.destroy())))
    const connection = await open(broker)
    const error = await failure(connection.send(metadataApi, { topics: null }))
    expect(error.failure).toBe('closed')
    expect(error.retriable).toBe(true)
  })

  it('waits for answers that are due before an orderly close', async () => {
    let answer = (): void => {}
    const broker = keep(
      await startFrames(
        afterVersions(({ socket, header }) => {
          answer = () => socket.write(metadataFrame(header.correlationId, NAMED('in time')))
          arrived.resolve()
        })
      )
    )
    const arrived = Promise.withResolvers<void>()
    const clock = new ManualClock()
    const connection = await open(broker, { clock })
    const sent = connection.send(metadataApi, { topics: null })
    await arrived.promise
    const closed = connection.close()
    expect(clock.timerCount).toBe(1) // the request's own; the one of the closing socket comes after the answer
    expect((await failure(connection.send(metadataApi, { topics: null }))).failure).toBe('closed')
    answer()
    expect((await sent).clusterId).toBe('in time')
    await closed
  })
})
