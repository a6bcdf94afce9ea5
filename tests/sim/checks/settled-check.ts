import type { MemberActor } from '../members/actor.ts'
import { holds } from '../violation.ts'
import type { World } from './world.ts'

/**
 * R17, liveness: once nothing goes wrong any more, all members of a group work in one generation, and each partition
 * has one owner. Throws Violation.
 */
export function checkSettled(world: World, actors: readonly MemberActor[], partitionCount: number): void {
  for (const groupId of new Set(actors.map(actor => actor.groupId))) {
    const living = actors.filter(actor => actor.groupId === groupId && actor.isAlive)
    const beliefs = living.map(({ name, belief }) => ({ name, ...belief }))
    const say = (): string =>
      `${groupId} has not settled: ${beliefs
        .map(
          each => `${each.name} ${each.isSettled ? 'works' : 'waits'} at ${each.epoch} on [${each.partitions.join()}]`
        )
        .join('; ')}; the broker says ${world.broker.shardOf(groupId)?.find(groupId)?.stateName ?? 'nothing'}`
    holds(
      beliefs.every(({ isSettled }) => isSettled),
      'R17 settled',
      say
    )
    holds(new Set(beliefs.map(({ epoch }) => epoch)).size <= 1, 'R17 settled', say)
    if (living.length === 0) continue
    const owned = beliefs.flatMap(({ partitions }) => partitions).sort((a, b) => a - b)
    holds(owned.join() === Array.from({ length: partitionCount }, (_, i) => i).join(), 'R17 settled', say)
  }
}
