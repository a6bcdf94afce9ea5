import type { MemberActor } from '../members/actor.ts'
import { splitPartition } from '../topics.ts'
import { holds } from '../violation.ts'
import type { World } from './world.ts'

/**
 * R17, liveness: once nothing goes wrong any more, all members of a group work in one generation or epoch, and each
 * partition of a topic that somebody wants has one owner, who wants it. Throws Violation.
 */
export function checkSettled(world: World, actors: readonly MemberActor[]): void {
  for (const groupId of new Set(actors.map(actor => actor.groupId))) {
    const living = actors.filter(actor => actor.groupId === groupId && actor.isAlive)
    const beliefs = living.map(({ name, belief }) => ({ name, ...belief }))
    const say = (): string =>
      `${groupId} has not settled: ${beliefs
        .map(
          each => `${each.name} ${each.isSettled ? 'works' : 'waits'} at ${each.epoch} on [${each.partitions.join()}]`
        )
        .join('; ')}; the broker says ${world.group(groupId)?.stateName ?? 'nothing'}`
    holds(
      beliefs.every(({ isSettled }) => isSettled),
      'R17 settled',
      say
    )
    holds(new Set(beliefs.map(({ epoch }) => epoch)).size <= 1, 'R17 settled', say)
    const wanted = new Set(beliefs.flatMap(({ topics }) => topics))
    const expected = [...wanted].flatMap(topic => world.broker.topics.partitionsOf(topic)).sort()
    const owned = beliefs.flatMap(({ partitions }) => partitions).sort()
    holds(owned.join() === expected.join(), 'R17 settled', say)
    const isWanted = beliefs.every(({ topics, partitions }) => {
      return partitions.every(partition => topics.includes(splitPartition(partition).topic))
    })
    holds(isWanted, 'R17 settled', say)
  }
}
