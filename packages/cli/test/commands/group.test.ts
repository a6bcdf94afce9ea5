import net from 'node:net'
import { ManualClock } from '@streambus/testkit'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run } from '../fake-io.ts'
import { assignmentOf, GroupRig } from '../group/group-rig.ts'

let rig: GroupRig
beforeAll(async () => {
  rig = await GroupRig.start()
  await rig.topic('orders', [10, 20, 30])
  await rig.topic('clicks', [5])
  await rig.commit('idle', 'orders', { 0: 9, 1: 4 })
  await rig.commit('busy', 'orders', { 0: 1 })
  await rig.join('busy', { assignment: assignmentOf({ orders: [0, 2] }), instanceId: 'rack-1' })
  await rig.join('sink', { assignment: Buffer.from('whatever'), protocolType: 'connect' })
})
afterAll(() => rig.stop())

interface Partition {
  readonly topic: string
  readonly partition: number
  readonly committed: number | null
  readonly end: number | null
  readonly lag: number | null
  readonly client: string | null
}

describe('group list', () => {
  it('shows state, type, protocol and members', async () => {
    expect(await rig.json('group', 'list')).toEqual([
      { group: 'busy', state: 'Stable', type: 'classic', protocolType: 'consumer', members: 1 },
      { group: 'idle', state: 'Empty', type: 'classic', protocolType: '', members: 0 },
      { group: 'sink', state: 'Stable', type: 'classic', protocolType: 'connect', members: 1 }
    ])
    expect(await rig.text('group', 'list')).toMatch(
      /^GROUP +STATE +TYPE +PROTOCOL +MEMBERS\nbusy +Stable +classic +consumer +1\n/
    )
  })

  it.each([
    [['--state', 'empty'], ['idle']],
    [
      ['--state', 'Stable,Empty'],
      ['busy', 'idle', 'sink']
    ],
    [['--state', 'Empty', '--state', 'Dead'], ['idle']],
    [
      ['--type', 'Classic'],
      ['busy', 'idle', 'sink']
    ],
    [['--type', 'consumer'], []]
  ])('filters by %j', async (filter, expected) => {
    const rows = await rig.json<{ group: string }[]>('group', 'list', ...filter)
    expect(rows.map(({ group }) => group)).toEqual(expected)
  })

  it.each([
    [['--state', 'Sleeping'], /--state is 'Sleeping'; one or more of .*Stable/],
    [['--type', 'new'], /--type is 'new'; one or more of classic, consumer/]
  ])('refuses %j', async (filter, message) => {
    const { exitCode, stderr } = await rig.cli(['group', 'list', ...filter])
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})

describe('group describe', () => {
  it('shows committed and assigned partitions with their owner', async () => {
    const [busy] = await rig.json<{ totalLag: number; partitions: Partition[] }[]>('group', 'describe', 'busy')
    expect(busy?.totalLag).toBe(9)
    expect(busy?.partitions).toMatchObject([
      { topic: 'orders', partition: 0, committed: 1, end: 10, lag: 9, client: 'tester' },
      { topic: 'orders', partition: 2, committed: null, end: 30, lag: null, client: 'tester' }
    ])
  })

  it('prints what has no owner and no commit as dashes', async () => {
    const text = await rig.text('group', 'describe', 'idle', 'busy')
    expect(text).toMatch(/^Group idle\nstate: +Empty\n/)
    expect(text).toMatch(/\norders +0 +9 +10 +1 +- +- +-\norders +1 +4 +20 +16 +-/)
    expect(text).toMatch(/\norders +2 +- +30 +- +rack-1-\S+ +tester +\S+\n/)
  })

  it('shows members with what they are assigned, or how long what it cannot read is', async () => {
    const busy = await rig.text('group', 'describe', 'busy', '--members')
    expect(busy).toMatch(/rack-1-\S+ +rack-1 +tester +\/127\.0\.0\.1 +2 +orders:0,2\n/)
    expect(busy).not.toContain('COMMITTED')
    expect(await rig.text('group', 'describe', 'sink', '--members')).toContain('(8 bytes)')
  })

  it('shows the state alone', async () => {
    const text = await rig.text('group', 'describe', 'sink', '--state')
    expect(text).toMatch(/^Group sink\nstate: +Stable\ntype: +classic\nprotocol: +connect\nassignor: +range\n/)
    expect(text).not.toContain('MEMBER ')
  })

  it('says how to find the groups that exist', async () => {
    const { exitCode, stderr } = await rig.cli(['group', 'describe', 'busy', 'nope'])
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('group nope: does not exist; `streambus group list`')
    ])
  })

  it('refuses --members with --state', async () => {
    expect(await rig.cli(['group', 'describe', 'busy', '--members', '--state'])).toMatchObject({ exitCode: 2 })
  })
})

describe('group lag', () => {
  it('adds up and sorts by lag', async () => {
    type Row = { group: string; totalLag: number; partitions: Partition[] }
    const rows = await rig.json<Row[]>('group', 'lag')
    expect(rows.map(({ group, totalLag }) => [group, totalLag])).toEqual([
      ['idle', 17],
      ['busy', 9],
      ['sink', 0]
    ])
    expect(rows[1]?.partitions.map(({ lag }) => lag)).toEqual([9, null])
    expect(await rig.text('group', 'lag', 'idle')).toMatch(
      /\nidle +Empty +0 +2 +17 +16\n\nGROUP .*\nidle +orders +1 +4 +20 +16 +-\nidle +orders +0 +9 +10 +1 +-\n/
    )
  })

  it('goes on beside a topic that is gone', async () => {
    await rig.topic('gone', [3])
    await rig.commit('orphan', 'gone', { 0: 1 })
    await rig.commit('orphan', 'clicks', { 0: 1 })
    await rig.text('topic', 'delete', 'gone')
    const [row] = await rig.json<{ totalLag: number }[]>('group', 'lag', 'orphan')
    expect(row?.totalLag).toBe(4)
  })

  it('names the group that does not exist', async () => {
    expect(await rig.cli(['group', 'lag', 'nope'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('group nope')
    })
  })

  it.each([
    [['--watch'], /--watch needs a terminal/],
    [['--watch', '--json'], /--watch and --json exclude/],
    [['--interval', '500'], /give --watch too/],
    [['--watch', '--interval', '5'], /--interval takes a whole number, 100 … 3600000/]
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr } = await rig.cli(['group', 'lag', ...args])
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})

describe('group lag --watch', () => {
  it('shows frames in one place until it is interrupted', async () => {
    const clock = new ManualClock()
    const started = Promise.withResolvers<{ interrupt: () => void; printedBytes: () => number }>()
    const outcome = rig.cli(['group', 'lag', 'idle', '--watch', '--interval', '500'], {
      clock,
      terminal: { rows: 24, columns: 80 },
      onInterrupt: (interrupt, printedBytes) => started.resolve({ interrupt, printedBytes })
    })
    const { interrupt, printedBytes } = await started.promise
    await vi.waitUntil(() => printedBytes() > 0)
    const firstBytes = printedBytes()
    await vi.waitUntil(() => {
      clock.advance(printedBytes() === firstBytes && clock.timerCount === 1 ? 500 : 0)
      return printedBytes() > firstBytes
    })
    interrupt()
    const { exitCode, stdout, stderr } = await outcome
    const frames = stdout.toString().split('\u001b[J').slice(0, -1)
    expect([exitCode, stderr, frames.length]).toEqual([0, '', 2])
    expect(
      frames[0]?.startsWith('\u001b[2J\u001b[H2023-11-14T22:13:20.000Z  Ctrl-C ends this; every 500 ms: idle')
    ).toBe(true)
    expect(frames[1]?.startsWith('\u001b[H2023-11-14T22:13:2')).toBe(true)
    expect(frames[1]).toMatch(/\nidle +Empty +0 +2 +17 +16/)
  })

  it('ends at once, also while a broker does not answer', async () => {
    const connected = Promise.withResolvers<net.Socket>()
    const server = net.createServer(connected.resolve)
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const started = Promise.withResolvers<() => void>()
    const outcome = run(['group', 'lag', '--watch', '-b', `127.0.0.1:${(server.address() as net.AddressInfo).port}`], {
      // Time stands still: no time limit ends it instead.
      clock: new ManualClock(),
      terminal: { rows: 24, columns: 60 },
      onInterrupt: started.resolve
    })
    const [interrupt, socket] = await Promise.all([started.promise, connected.promise])
    interrupt()
    expect(await outcome).toMatchObject({ exitCode: 0, stderr: '' })
    socket.destroy()
    server.close()
  })
})

describe('a broker without groups', () => {
  it('has empty lists, and says so', async () => {
    const fresh = await GroupRig.start()
    try {
      expect(await fresh.json('group', 'list')).toEqual([])
      expect(await fresh.json('group', 'lag')).toEqual([])
      expect(await fresh.cli(['group', 'lag'])).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(/^no groups/)
      })
      expect(await fresh.cli(['group', 'describe', 'x'])).toMatchObject({ exitCode: 1 })
    } finally {
      await fresh.stop()
    }
  })
})

describe('completion', () => {
  it('knows commands and groups', async () => {
    expect(await rig.text('complete', '--', 'group', 'de')).toMatch(/^describe\t/)
    expect(await rig.text('complete', '--', 'group', 'describe', 'i')).toBe('idle\tgroup\n')
  })
})
