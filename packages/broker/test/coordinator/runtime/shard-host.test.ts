import { ManualClock } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { CoordinatorRefused } from '../../../src/coordinator/runtime/coordinator-refused.ts'
import { type CoordinatorShard, nothing } from '../../../src/coordinator/runtime/shard.ts'
import { ShardHost } from '../../../src/coordinator/runtime/shard-host.ts'
import { openDataPlane } from '../../data-plane.ts'

class Shard implements CoordinatorShard<string> {
  readonly said: string[] = []

  replay(record: string): void {
    this.said.push(record)
  }

  loaded(): void {
    this.said.push('loaded')
  }

  unloaded(): void {
    this.said.push('unloaded')
  }

  tell(what: string) {
    this.said.push(what)
    return nothing()
  }
}

/** Over a partition that is empty. */
async function openHost() {
  const plane = await openDataPlane()
  await plane.createTopic('internal')
  const partition = plane.partitions.find('internal', 0)
  if (partition === undefined) throw new Error('the topic was not made')
  const shard = new Shard()
  const bugs: unknown[] = []
  const host = new ShardHost<Shard, string>({
    partition,
    clock: new ManualClock(),
    format: { encode: text => ({ key: Buffer.from(text), value: null }), decode: key => key.toString() },
    createShard: () => shard,
    commitTimeoutMs: () => 5_000,
    probe: { loaded() {}, skipped() {}, loadFailed() {}, bug: error => void bugs.push(error) }
  })
  const load = (): void => {
    for (const _step of host.load());
  }
  return { shard, host, bugs, load }
}

test('what a shard is told while its log is read it hears once it has all of it, in order', async () => {
  const { shard, host, load } = await openHost()
  host.tell(each => each.tell('first'))
  host.tell(each => each.tell('second'))
  expect(shard.said).toEqual([])
  load()
  host.tell(each => each.tell('third'))
  expect(shard.said).toEqual(['loaded', 'first', 'second', 'third'])
})

test('what a shard is told that goes away is never heard', async () => {
  const { shard, host, load } = await openHost()
  host.tell(each => each.tell('first'))
  host.close('NOT_COORDINATOR')
  load()
  host.tell(each => each.tell('second'))
  expect(shard.said).toEqual(['unloaded'])
})

test('a telling that is refused is no bug, any other error is', async () => {
  const { host, bugs, load } = await openHost()
  load()
  host.tell(() => {
    throw new CoordinatorRefused('COORDINATOR_NOT_AVAILABLE', 'full')
  })
  const error = new Error('a mistake')
  host.tell(() => {
    throw error
  })
  await new Promise(setImmediate)
  expect(bugs).toEqual([error])
})
