import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import { nodeClock } from '@streambus/base/node'
import { ManualClock } from '@streambus/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { attempt } from '../../src/doctor/attempt.ts'
import { gather } from '../../src/doctor/gather.ts'
import { FakeKafka } from '../fake-kafka.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function listening(server: net.Server): Promise<{ host: string; port: number }> {
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  stops.push(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port }
}

/** Takes connections and says nothing. */
function silent(): Promise<{ host: string; port: number }> {
  return listening(
    net.createServer(socket => {
      socket.on('error', () => {})
      stops.push(() => socket.destroy())
    })
  )
}

function serving(answer: (path: string) => string): Promise<{ host: string; port: number }> {
  return listening(http.createServer((request, response) => response.end(answer(request.url ?? ''))))
}

const OPTIONS = { clock: nodeClock, limitMs: 300, intervalMs: 1, file: null, admin: null }

describe('gathering', () => {
  it('goes on where one thing hangs', async () => {
    const kafka = await FakeKafka.start()
    stops.push(() => kafka.stop())
    const [host, port] = kafka.bootstrap.split(':')
    const { bootstrap, metadata, brokers, admin } = await gather({
      ...OPTIONS,
      bootstrap: [await silent(), { host: host ?? '', port: Number(port) }],
      admin: await silent()
    })
    expect(bootstrap.map(({ answered }) => answered.error === null)).toEqual([false, true])
    expect(bootstrap[0]?.answered.error).toMatchObject({ failure: 'request-timeout' })
    expect(metadata?.value?.partitions).toEqual([{ name: 't-0', leaderId: 1, replicas: 1, inSync: 1 }])
    expect(brokers).toMatchObject([
      {
        id: 1,
        identity: { value: { ids: [1] } },
        // A broker that does not speak these.
        settings: { error: { failure: 'unsupported' } },
        logDirectories: { error: { failure: 'unsupported' } }
      }
    ])
    expect(admin?.health.error?.message).toContain('no answer within 300 ms')
    expect(admin?.metrics.error).not.toBeNull()
  })

  it('tells a port that speaks TLS from one that hangs up', async () => {
    // Without a certificate no handshake succeeds; the alert that says so is TLS all the same.
    const encrypted = await listening(tls.createServer().on('tlsClientError', () => {}))
    const rude = await listening(net.createServer(socket => socket.destroy()))
    const { bootstrap } = await gather({ ...OPTIONS, bootstrap: [encrypted, rude] })
    expect(bootstrap.map(({ isTls }) => isTls)).toEqual([true, false])
  })

  it('reads health in both shapes, and knows what is no admin port', async () => {
    const bootstrap = [{ host: '127.0.0.1', port: 1 }]
    const ask = async (body: object) => {
      const address = await serving(path =>
        path === '/metrics' ? 'streambus_broker_status 2\n' : JSON.stringify(body)
      )
      return (await gather({ ...OPTIONS, bootstrap, admin: address })).admin
    }
    const plain = await ask({ status: 'unhealthy', timestamp: 't', checks: { a: 'ok', b: 'warning: w', c: 'bad' } })
    expect(plain?.health.value?.checks).toEqual([
      { name: 'a', status: 'ok', message: '' },
      { name: 'b', status: 'warning', message: 'w' },
      { name: 'c', status: 'error', message: 'bad' }
    ])
    expect(plain?.metrics.value?.after.scrape.get('streambus_broker_status')).toEqual([{ labels: {}, value: 2 }])
    const verbose = await ask({ status: 's', checks: { a: { status: 'degraded', message: 'm' } } })
    expect(verbose?.health.value?.checks).toEqual([{ name: 'a', status: 'degraded', message: 'm' }])
    expect((await ask({ hello: 'world' }))?.health.error?.message).toContain('no checks')
  })

  it('keeps what is wrong with a file', async () => {
    const file = { path: 'b.yaml', text: 'nonsense.setting: 1' }
    const { file: found } = await gather({ ...OPTIONS, bootstrap: [{ host: '127.0.0.1', port: 1 }], file })
    expect(found?.config.error?.message).toContain('nonsense.setting (b.yaml) is not a setting')
  })
})

describe('an attempt', () => {
  it('ends at its limit, whatever hangs', async () => {
    const clock = new ManualClock()
    const pending = attempt('it', () => new Promise<never>(() => {}), { clock, limitMs: 100 })
    clock.advance(100)
    expect((await pending).error?.message).toBe('it: no result within 100 ms')
  })

  it('keeps results and errors, also those that are thrown at once', async () => {
    const limit = { clock: new ManualClock(), limitMs: 100 }
    expect(await attempt('it', async () => 5, limit)).toEqual({ value: 5, error: null })
    const thrown = attempt(
      'it',
      () => {
        throw new TypeError('t')
      },
      limit
    )
    expect((await thrown).error?.message).toBe('t')
  })
})
