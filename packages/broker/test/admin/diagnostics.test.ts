import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningServer, startServer, TOKEN } from './running-server.ts'

let admin: RunningServer
const get = (name: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${admin.url}/api/v1/diagnostics/${name}`, { ...init, headers: { Authorization: `Bearer ${TOKEN}` } })
/** Nothing but a diagnosis that takes time has a timer on this clock. */
const underWay = (): Promise<void> => expect.poll(() => admin.clock.timerCount).toBeGreaterThan(0)

beforeEach(async () => {
  admin = await startServer([], [TOKEN])
})

afterEach(() => admin.server.stop(0))

const NAMES = ['event-loop', 'heap', 'cpu-profile', 'heap-snapshot']

describe('diagnostics', () => {
  it.each(NAMES)('%s is not for who has no token, and nobody’s where none is set', async name => {
    expect((await fetch(`${admin.url}/api/v1/diagnostics/${name}`)).status).toBe(401)
    const open = await startServer()
    const response = await fetch(`${open.url}/api/v1/diagnostics/${name}`)
    expect([response.status, await response.json()]).toMatchObject([403, { error: 'tokens_not_configured' }])
    await open.server.stop(0)
  })

  it.each(NAMES)('%s does nothing for a HEAD', async name => {
    const response = await get(name, { method: 'HEAD' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET'])
  })

  it('event-loop watches for the time that is asked for', async () => {
    const asked = get('event-loop?seconds=2')
    await underWay()
    admin.clock.advance(10)
    admin.clock.advance(25)
    admin.clock.advance(2_000)
    expect(await (await asked).json()).toMatchObject({
      seconds: 2,
      delay_ms: { min: 0, max: expect.any(Number) },
      utilization: expect.any(Number),
      active_resources: { TCPServerWrap: 1 }
    })
  })

  it('heap shows the heap, space by space', async () => {
    expect(await (await get('heap')).json()).toMatchObject({
      process: { rss: expect.any(Number) },
      heap: { heap_size_limit: expect.any(Number) },
      spaces: { old_space: { space_used_size: expect.any(Number) } }
    })
  })

  it('cpu-profile gives a profile that names what ran', async () => {
    const asked = get('cpu-profile?seconds=1')
    await underWay()
    const busyUntilMs = performance.now() + 150
    while (performance.now() < busyUntilMs) burn()
    admin.clock.advance(1_000)
    const response = await asked
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="broker-1.cpuprofile"')
    const profile = (await response.json()) as {
      readonly nodes: { readonly id: number; readonly callFrame: { readonly functionName: string } }[]
      readonly samples: number[]
      readonly timeDeltas: number[]
    }
    expect(profile.samples).toHaveLength(profile.timeDeltas.length)
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]))
    expect(profile.samples.filter(id => names.get(id) === 'burn').length).toBeGreaterThan(5)
  })

  it('heap-snapshot gives a snapshot, and frees the place for the next', async () => {
    for (let time = 0; time < 2; time++) {
      const response = await get('heap-snapshot')
      expect(response.headers.get('content-disposition')).toBe('attachment; filename="broker-1.heapsnapshot"')
      const text = await response.text()
      expect(text.startsWith('{"snapshot":{"meta":')).toBe(true)
      expect(text.trimEnd().endsWith(']}')).toBe(true)
      await expect.poll(() => admin.metrics.cells.httpRequestsInFlight.value).toBe(0)
    }
  }, 60_000)

  it('takes no snapshot of a heap beyond the limit', async () => {
    const small = await startServer([], [TOKEN], 1_000)
    const response = await fetch(`${small.url}/api/v1/diagnostics/heap-snapshot`, {
      headers: { Authorization: `Bearer ${TOKEN}` }
    })
    expect([response.status, await response.json()]).toMatchObject([
      409,
      { error: 'heap_too_large', message: expect.stringMatching(/admin\.heap\.snapshot\.max\.bytes allows 1000/) }
    ])
    await small.server.stop(0)
  })

  it('run one at a time, and the place is free when a client goes away', async () => {
    const leaving = new AbortController()
    const first = get('cpu-profile?seconds=60', { signal: leaving.signal })
    const outcome = expect(first).rejects.toThrow()
    await underWay()
    const second = await get('event-loop')
    expect([second.status, await second.json()]).toMatchObject([
      409,
      { error: 'diagnosis_under_way', message: expect.stringMatching(/cpu-profile is under way/) }
    ])
    leaving.abort()
    await outcome
    await expect.poll(async () => (await get('heap')).status).toBe(200)
    expect(admin.clock.timerCount).toBe(0)
  })

  it.each(['0', '61', '1.5', '-1', 'x', ''])('refuses ?seconds=%s and says what it takes', async seconds => {
    const response = await get(`cpu-profile?seconds=${seconds}`)
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: 'invalid_seconds', message: expect.stringMatching(/1 to 60/) }
    ])
  })

  it('are logged with who asked, without the token', async () => {
    await get('heap')
    const line = admin.lines.find(({ fields }) => fields['event'] === 'diagnosis')
    expect(line?.fields).toMatchObject({ diagnosis: 'heap', correlation_id: expect.stringMatching(/^[0-9a-f]{8}$/) })
    expect(JSON.stringify(admin.lines)).not.toContain(TOKEN)
  })
})

/** Busy work under a name that a profile shows. */
function burn(): number {
  let sum = 0
  for (let i = 0; i < 100_000; i++) sum += Math.sqrt(i)
  return sum
}
