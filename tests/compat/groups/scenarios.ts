import { describe, expect, inject, test } from 'vitest'
import type { Ability, FindGroupClient, GroupClient, GroupProtocol } from './member.ts'
import { reasonNotServed } from './served.ts'
import { GroupStage, until } from './stage.ts'

interface Scenario {
  readonly name: string
  readonly partitions: number
  readonly needs: readonly Ability[]
  run(stage: GroupStage): Promise<void>
}

const SESSION_MS = 6000

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'joins and reads all partitions',
    partitions: 3,
    needs: [],
    async run(stage) {
      await stage.feeder.add(50)
      await stage.join(await stage.host(), 'a')
      await stage.settled(['a'])
      await stage.readAll()
      for (const partition of stage.partitions) {
        expect(stage.ledger.read(partition)).toEqual(Array.from({ length: 50 }, (_, offset) => offset))
      }
      await stage.leave('a')
    }
  },
  {
    name: 'from 1 member to 5 to 2: one owner at a time, every record read',
    partitions: 10,
    needs: [],
    async run(stage) {
      const host = await stage.host()
      stage.feeder.trickle(100)
      await stage.join(host, 'a')
      await stage.settled(['a'])
      for (const member of ['b', 'c', 'd', 'e']) await stage.join(host, member)
      await stage.settled(['a', 'b', 'c', 'd', 'e'])
      for (const member of ['e', 'c', 'd']) await stage.leave(member)
      await stage.settled(['a', 'b'])
      await stage.feeder.still()
      await stage.readAll()
      stage.expectSound()
    }
  },
  {
    name: 'a member that is killed loses its partitions after the session timeout, not before',
    partitions: 4,
    needs: [],
    async run(stage) {
      const [surviving, dying] = [await stage.host(), await stage.host()]
      await stage.join(surviving, 'a', { sessionTimeoutMs: SESSION_MS })
      await stage.join(dying, 'b', { sessionTimeoutMs: SESSION_MS })
      await stage.settled(['a', 'b'])
      await stage.feeder.add(20)
      await stage.kill(dying)
      const killedMs = performance.now()
      await stage.feeder.add(20)
      await stage.settled(['a'])
      // Its last heartbeat was at most an interval and a scheduler's moment before it died.
      expect(performance.now() - killedMs).toBeGreaterThan(SESSION_MS - 2000)
      await stage.readAll()
      stage.expectSound()
    }
  },
  {
    name: 'static members restart one after the other, and nobody else notices',
    partitions: 6,
    needs: ['static'],
    async run(stage) {
      const members = ['a', 'b', 'c']
      const join = async (member: string): Promise<void> =>
        stage.join(await stage.host(), member, { instanceId: `instance-${member}`, sessionTimeoutMs: 20_000 })
      const canLeave = stage.client.abilities.includes('staticLeave')
      for (const member of members) await join(member)
      await stage.settled(members)
      stage.feeder.trickle(50)
      for (const member of members) {
        const before = stage.ledger.owned(member)
        const generation = stage.ledger.generation()
        const position = stage.ledger.events.length
        await (canLeave ? stage.leave(member) : stage.kill(stage.hostOf(member)))
        await stage.feeder.add(5)
        await join(member)
        await until(() => expect(stage.ledger.owned(member)).toEqual(before))
        expect(stage.ledger.generation()).toBe(generation)
        for (const other of members.filter(each => each !== member)) {
          const changes = stage.ledger.since(position, other).filter(({ event }) => event !== 'records')
          expect(changes, `${other} while ${member} restarted`).toEqual([])
        }
      }
      await stage.feeder.still()
      await stage.readAll()
      stage.expectSound()
    }
  },
  {
    name: 'cooperative: what a member keeps it goes on reading while others join',
    partitions: 6,
    needs: ['cooperative'],
    async run(stage) {
      const host = await stage.host()
      stage.feeder.trickle(25)
      await stage.join(host, 'a', { cooperative: true })
      await stage.settled(['a'])
      await until(() => expect(stage.ledger.read(0).length).toBeGreaterThan(0))
      const position = stage.ledger.events.length
      await stage.join(host, 'b', { cooperative: true })
      await stage.settled(['a', 'b'])
      const kept = stage.ledger.owned('a')
      const events = stage.ledger.since(position, 'a')
      const lost = events.flatMap(each => (each.event === 'revoked' ? each.partitions : []))
      expect(lost.sort((a, b) => a - b)).toEqual(stage.ledger.owned('b'))
      const gainedAt = stage.ledger.events.findIndex(
        (each, index) => index >= position && each.member === 'b' && each.event === 'assigned'
      )
      const meanwhile = stage.ledger.events
        .slice(position, gainedAt)
        .flatMap(each => (each.member === 'a' && each.event === 'records' ? [each.partition] : []))
      expect(kept.filter(partition => meanwhile.includes(partition))).toEqual(kept)
      await stage.feeder.still()
      await stage.readAll()
      stage.expectSound()
    }
  },
  {
    name: 'what a member committed by itself is where the next one starts',
    partitions: 3,
    needs: [],
    async run(stage) {
      const host = await stage.host()
      await stage.feeder.add(20)
      await stage.join(host, 'a')
      await stage.readAll()
      await stage.leave('a')
      await stage.feeder.add(10)
      await stage.join(host, 'b')
      await stage.readAll()
      for (const partition of stage.partitions) {
        expect(stage.ledger.read(partition)).toEqual(Array.from({ length: 30 }, (_, offset) => offset))
      }
      stage.expectSound()
    }
  },
  {
    name: 'commits given offsets, is told them, and the next member starts there',
    partitions: 3,
    needs: ['commit', 'committed'],
    async run(stage) {
      const has = (ability: Ability): boolean => stage.client.abilities.includes(ability)
      const host = await stage.host()
      await stage.feeder.add(20)
      await stage.join(host, 'a', { autoCommit: false })
      await stage.settled(['a'])
      await stage.readAll()
      expect(await host.committed('a', [0])).toMatchObject([{ partition: 0, offset: -1 }])
      const first = [
        { partition: 0, offset: 7, metadata: 'seven' },
        { partition: 1, offset: 20, metadata: 'zwanzig' }
      ]
      const second = [{ partition: 2, offset: 5, metadata: 'fünf' }]
      await host.commit('a', first, 'sync')
      await host.commit('a', second, has('commitAsync') ? 'async' : 'sync')
      const expected = [...first, ...second].map(({ metadata, ...rest }) =>
        has('metadata') ? { ...rest, metadata } : rest
      )
      await until(async () => expect(await host.committed('a', [0, 1, 2])).toMatchObject(expected))
      if (has('seek')) {
        const position = stage.ledger.events.length
        await host.seek('a', 0, 7)
        await until(() => expect(offsetsSince(stage, position, 'a', 0)[0]).toBe(7))
      }
      await stage.leave('a')
      const position = stage.ledger.events.length
      await stage.join(host, 'b', { autoCommit: false })
      await stage.settled(['b'])
      await until(() => expect(offsetsSince(stage, position, 'b', 2).at(-1)).toBe(19))
      await until(() => expect(offsetsSince(stage, position, 'b', 0).at(-1)).toBe(19))
      expect([0, 1, 2].map(partition => offsetsSince(stage, position, 'b', partition)[0])).toEqual([7, undefined, 5])
    }
  }
]

export function offsetsSince(stage: GroupStage, position: number, member: string, partition: number): number[] {
  return stage.ledger
    .since(position, member)
    .flatMap(each => (each.event === 'records' && each.partition === partition ? each.offsets : []))
}

function reasonUnable(client: GroupClient, scenario: Scenario): string | null {
  const missing = scenario.needs.filter(ability => !client.abilities.includes(ability))
  return missing.length === 0 ? null : `this client has no ${missing.join(', ')}`
}

/** Runs the shared list with one client. Called at the top of a test file, once per client. */
export async function runGroupScenarios(name: string, protocol: GroupProtocol, find: FindGroupClient): Promise<void> {
  const bootstrap = inject('bootstrap')
  const client = (await reasonNotServed(bootstrap, protocol)) ?? (await find())
  if (typeof client === 'string') {
    console.log(`SKIPPED groups, ${name}: ${client}`)
    describe.skip(`groups, ${name}: ${client}`, () => test('the shared scenarios', () => undefined))
    return
  }
  describe(`groups, ${client.name}`, () => {
    for (const [index, scenario] of SCENARIOS.entries()) {
      const reason = reasonUnable(client, scenario)
      if (reason !== null) test.skip(`${scenario.name} (${reason})`, () => undefined)
      else
        test(scenario.name, async () => {
          const topic = `groups-${name}-${index}-${inject('run')}`
          const stage = await GroupStage.open(client, { bootstrap, name: topic, partitions: scenario.partitions })
          try {
            await scenario.run(stage)
            expect(stage.ledger.failures()).toEqual([])
          } finally {
            await stage.close()
          }
        })
    }
  })
}
