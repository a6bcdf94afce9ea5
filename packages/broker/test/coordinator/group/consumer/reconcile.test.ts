import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Goal, type MemberProgress, reconcile } from '../../../../src/coordinator/group/consumer/reconcile.ts'
import type { TopicPartitions } from '../../../../src/coordinator/group/consumer/topic-partitions.ts'
import { ClientModel, GroupModel, names } from './group-model.ts'

const of = (...partitions: number[]): TopicPartitions => new Map(partitions.length === 0 ? [] : [['t', partitions]])

function at(more: Partial<MemberProgress>): MemberProgress {
  return { memberEpoch: 5, previousEpoch: 4, state: 'stable', assigned: of(), pendingRevocation: of(), ...more }
}

function towards(target: TopicPartitions, more: Partial<Goal> = {}): Goal {
  const free = { owned: null, ownerEpoch: () => -1 }
  return { targetEpoch: 6, target, subscribedTopicIds: new Set(['t']), subscriptionChanged: false, ...free, ...more }
}

describe('one step', () => {
  test('a member at its target stays as it is', () => {
    const member = at({ assigned: of(1, 2) })
    expect(reconcile(member, towards(of(1, 2), { targetEpoch: 5 }))).toBe(member)
  })

  test('new partitions that are free come with the new epoch', () => {
    expect(reconcile(at({ assigned: of(2) }), towards(of(1, 2)))).toEqual(
      at({ memberEpoch: 6, previousEpoch: 5, assigned: of(1, 2) })
    )
  })

  test('it stays in its epoch until it reports that it has given up what it must', () => {
    const asked = reconcile(at({ assigned: of(1, 2, 3) }), towards(of(1, 4)))
    expect(asked).toEqual(at({ previousEpoch: 5, state: 'unrevoked', assigned: of(1), pendingRevocation: of(2, 3) }))
    expect(reconcile(asked, towards(of(1, 4)))).toBe(asked)
    expect(reconcile(asked, towards(of(1, 4), { owned: of(1, 3) }))).toBe(asked)
    expect(reconcile(asked, towards(of(1, 4), { owned: of(1) }))).toEqual(
      at({ memberEpoch: 6, previousEpoch: 5, assigned: of(1, 4) })
    )
  })

  test('what it does not own any more when it is told to give it up is given up', () => {
    expect(reconcile(at({ assigned: of(1, 2) }), towards(of(1), { owned: of(1) }))).toEqual(
      at({ memberEpoch: 6, previousEpoch: 5, assigned: of(1) })
    )
  })

  test('it waits for what others hold, takes what comes free, and is the same object while nothing does', () => {
    const held = new Set([2, 3])
    const ownerEpoch = (_: string, partition: number) => (held.has(partition) ? 5 : -1)
    const waiting = reconcile(at({}), towards(of(1, 2, 3), { ownerEpoch }))
    expect(waiting).toEqual(at({ memberEpoch: 6, previousEpoch: 5, state: 'unreleased', assigned: of(1) }))
    expect(reconcile(waiting, towards(of(1, 2, 3), { ownerEpoch }))).toBe(waiting)
    held.delete(3)
    const nearer = reconcile(waiting, towards(of(1, 2, 3), { ownerEpoch }))
    expect(nearer).toEqual(at({ memberEpoch: 6, previousEpoch: 6, state: 'unreleased', assigned: of(1, 3) }))
    held.delete(2)
    expect(reconcile(nearer, towards(of(1, 2, 3), { ownerEpoch }))).toEqual(
      at({ memberEpoch: 6, previousEpoch: 6, assigned: of(1, 2, 3) })
    )
  })

  test('it gets back what it has just given up, though the books still have it there', () => {
    const member = at({ state: 'unrevoked', assigned: of(1), pendingRevocation: of(2) })
    expect(reconcile(member, towards(of(1, 2), { owned: of(1), ownerEpoch: () => 5 }))).toEqual(
      at({ memberEpoch: 6, previousEpoch: 5, assigned: of(1, 2) })
    )
  })

  test('a newer target may take more away when the first is given up, and ends the epoch of that', () => {
    const member = at({ state: 'unrevoked', assigned: of(1), pendingRevocation: of(2) })
    expect(reconcile(member, towards(of(3), { owned: of(1), targetEpoch: 7 }))).toEqual(
      at({ memberEpoch: 6, previousEpoch: 5, state: 'unrevoked', assigned: of(), pendingRevocation: of(1) })
    )
  })

  test('topics that it no longer wants go before the target knows', () => {
    const other = { subscribedTopicIds: new Set(['u']), subscriptionChanged: true, targetEpoch: 5 }
    const member = at({ assigned: of(1, 2) })
    expect(reconcile(member, towards(of(1, 2), other))).toEqual(
      at({ previousEpoch: 5, state: 'unrevoked', pendingRevocation: of(1, 2) })
    )
    expect(reconcile(member, towards(of(1, 2), { ...other, owned: of() }))).toEqual(at({ previousEpoch: 5 }))
    const busy = at({ state: 'unrevoked', assigned: of(1), pendingRevocation: of(2) })
    expect(reconcile(busy, towards(of(1), { ...other, owned: of(2) }))).toEqual(
      at({ previousEpoch: 5, state: 'unrevoked', pendingRevocation: of(1, 2) })
    )
    const reordered = { ...other, subscribedTopicIds: new Set(['t', 'u']) }
    expect(reconcile(member, towards(of(1, 2), reordered))).toBe(member)
  })

  test('a stale target gives nothing of a topic that is not wanted', () => {
    const waiting = at({ state: 'unreleased' })
    const goal = towards(of(1), { subscribedTopicIds: new Set(['u']), targetEpoch: 5 })
    expect(reconcile(waiting, goal)).toEqual(at({ previousEpoch: 5 }))
  })
})

const TOPICS = ['a', 'b', 'c']

/** A group with its clients, moved by numbers: who, and what it does. */
class Churn {
  readonly group = new GroupModel(TOPICS.map((topic, i) => [topic, 2 * i + 1]))
  readonly clients = new Map<string, ClientModel>()
  #joined = 0

  step(what: number, who: number, how: number): void {
    const client = [...this.clients.values()][who % Math.max(1, this.clients.size)]
    if (client === undefined || what === 0) this.#join(how)
    else if (what === 1) this.#stop(client)
    else if (what === 2) client.topics = someTopics(how)
    else if (what === 3) this.group.grow(TOPICS[how % TOPICS.length] as string)
    else if (what === 4) client.fail()
    else if (what === 5) this.#fence(client)
    else if (what <= 8) client.send()
    else if (what <= 11) this.deliver(client, how % 3 === 0)
    else if (what <= 13) client.receive()
    else client.settle()
    this.check()
  }

  deliver(client: ClientModel, late: boolean): void {
    if (client.request === null) return
    client.answer = this.group.heartbeat(client.id, client.request, late)
    client.request = null
  }

  /** No partition is held twice, and nobody consumes what it does not hold. */
  check(): void {
    const held = [...this.group.seats.keys()].flatMap(id => this.group.held(id))
    expect(held.length).toBe(new Set(held).size)
    for (const { id, owned } of this.clients.values()) {
      if (this.group.seats.has(id)) expect(this.group.held(id)).toEqual(expect.arrayContaining(names(owned)))
    }
  }

  #join(how: number): void {
    if (this.clients.size >= 5) return
    const id = `m${this.#joined++}`
    this.clients.set(id, new ClientModel(id, someTopics(how)))
  }

  /** It leaves, or dies and its session ends. */
  #stop({ id }: ClientModel): void {
    this.clients.delete(id)
    this.group.remove(id)
  }

  /** It did not give up in time. What it does until it hears of it is nobody's: its commits are refused. */
  #fence(client: ClientModel): void {
    this.group.remove(client.id)
    client.restart()
  }
}

function someTopics(how: number): string[] {
  return TOPICS.filter((_, i) => (how >> i) % 2 === 1)
}

describe('a group', () => {
  const steps = fc.array(fc.tuple(fc.nat(16), fc.nat(4), fc.nat(7)), { maxLength: 120, size: 'max' })

  test('never gives a partition to two members, and comes to its target once all is quiet', () => {
    fc.assert(
      fc.property(steps, list => {
        const churn = new Churn()
        for (const [what, who, how] of list) churn.step(what, who, how)
        quiet(churn)
        for (const [id, { progress }] of churn.group.seats) {
          expect(progress.state).toBe('stable')
          expect(progress.memberEpoch).toBe(churn.group.epoch)
          expect(progress.assigned).toEqual(churn.group.target.get(id))
          expect(churn.clients.get(id)?.owned).toEqual(progress.assigned)
        }
        expect([...churn.group.seats.keys()].sort()).toEqual([...churn.clients.keys()].sort())
      }),
      { numRuns: 400 }
    )
  })

  /** Three heartbeats each would do; a lost answer and a fenced member cost one more. */
  function quiet(churn: Churn): void {
    for (let round = 0; round < 8; round++) {
      for (const client of churn.clients.values()) {
        if (client.answer !== undefined) client.receive()
        client.settle()
        client.settle()
        client.send()
        churn.deliver(client, false)
        client.receive()
        churn.check()
      }
    }
  }
})
