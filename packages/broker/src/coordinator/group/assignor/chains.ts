import type { Ledger } from './ledger.ts'

/**
 * Steps of the search over all of its rounds, about 50 ms: a group in which thousands of chains are needed is left less
 * balanced than it might be rather than stalling its coordinator. What is found does not depend on the clock.
 */
const STEPS_MAX = 5_000_000

/**
 * Shifts slots along chains of members until no chain from a more loaded to a less loaded one (by two or more) is left,
 * which is the best balance there is: a slot moves from the first to the second, one of another pool from the second to
 * the third, and so on.
 */
export function shiftAlongChains(ledger: Ledger): void {
  const search = new ChainSearch(ledger)
  const least = ledger.loads.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  let level = ledger.loads.reduce((a, b) => Math.max(a, b), 0)
  while (level - least >= 2 && search.steps < STEPS_MAX) if (!search.shiftOneFrom(level)) level--
}

interface Link {
  /** Who gives, −1 at the start of a chain. */
  readonly from: number
  readonly pool: number
  readonly to: number
}

class ChainSearch {
  steps = 0
  readonly #ledger: Ledger
  /** Slots by pool, by member. */
  readonly #held: Map<number, number[]>[]
  /** Members and pools from which no chain leads to a member with little enough load: none will, whatever moves. */
  readonly #doneMembers = new Set<number>()
  readonly #donePools = new Set<number>()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
    this.#held = ledger.memberIds.map(() => new Map())
    for (const [pool, { first, end }] of ledger.pools.entries()) {
      for (let slot = first; slot < end; slot++) this.#hold(ledger.owner(slot), pool, slot)
    }
  }

  /** Relieves one of the members with load `level` of a slot; false if none of them can be. */
  shiftOneFrom(level: number): boolean {
    const chain: Link[] = []
    const members = new Set(this.#doneMembers)
    const pools = new Set(this.#donePools)
    this.steps += members.size + pools.size + this.#ledger.loads.length
    for (const [member, load] of this.#ledger.loads.entries()) {
      if (load !== level || members.has(member)) continue
      members.add(member)
      chain.push({ from: -1, pool: -1, to: member })
    }
    for (let at = 0; at < chain.length; at++) {
      const from = (chain[at] as Link).to
      for (const pool of this.#held[from]?.keys() ?? []) {
        this.steps++
        if (pools.has(pool)) continue
        pools.add(pool)
        for (const to of this.#ledger.pools[pool]?.subscribers ?? []) {
          this.steps++
          if (members.has(to)) continue
          members.add(to)
          chain.push({ from: at, pool, to })
          if (this.#ledger.load(to) > level - 2) continue
          this.#shift(chain, chain.length - 1)
          return true
        }
      }
    }
    for (const member of members) this.#doneMembers.add(member)
    for (const pool of pools) this.#donePools.add(pool)
    return false
  }

  #shift(chain: readonly Link[], end: number): void {
    for (let link = chain[end] as Link; link.from >= 0; link = chain[link.from] as Link) {
      const giver = (chain[link.from] as Link).to
      const slots = this.#held[giver]?.get(link.pool) as number[]
      const slot = slots.pop() as number
      if (slots.length === 0) this.#held[giver]?.delete(link.pool)
      this.#ledger.give(slot, link.to)
      this.#hold(link.to, link.pool, slot)
    }
  }

  #hold(member: number, pool: number, slot: number): void {
    const slots = this.#held[member]?.get(pool)
    if (slots === undefined) this.#held[member]?.set(pool, [slot])
    else slots.push(slot)
  }
}
