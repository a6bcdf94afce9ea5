import { shiftAlongChains } from './chains.ts'
import { type Ledger, NOBODY, type SlotPool } from './ledger.ts'

/** Each pass leaves every pool balanced by itself; more than a few are needed only if subscriptions overlap oddly. */
const PASSES_MAX = 16

/**
 * Shares slots where members subscribe to different topics: what is free goes to the least loaded subscribers, then
 * pools are balanced one by one, and then along chains of members (A gives to B, so that B may give to C).
 */
export function shareAmongSubscribers(ledger: Ledger): void {
  const pools = hardestFirst(ledger)
  for (const pool of pools) shareFree(ledger, pool)
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    let moved = false
    for (const pool of pools) moved = balance(ledger, pool) || moved
    if (!moved) break
  }
  shiftAlongChains(ledger)
}

/** Many slots for each subscriber first, then few subscribers: the easy pools even out what these leave. */
function hardestFirst({ pools }: Ledger): SlotPool[] {
  const density = ({ first, end, subscribers }: SlotPool) => (end - first) / subscribers.length
  return pools.toSorted((a, b) => {
    return density(b) - density(a) || a.subscribers.length - b.subscribers.length || a.first - b.first
  })
}

function shareFree(ledger: Ledger, { first, end, subscribers }: SlotPool): void {
  const takers = leastLoaded(ledger, subscribers)
  for (let slot = first; slot < end; slot++) {
    if (ledger.owner(slot) === NOBODY) ledger.give(slot, takers.next().value as number)
  }
}

/** True if something moved. */
function balance(ledger: Ledger, { first, end, subscribers }: SlotPool): boolean {
  const held = new Map<number, number[]>()
  for (let slot = first; slot < end; slot++) {
    const slots = held.get(ledger.owner(slot))
    if (slots === undefined) held.set(ledger.owner(slot), [slot])
    else slots.push(slot)
  }
  const takers = leastLoaded(ledger, subscribers)
  let moved = false
  for (const giver of mostLoaded(ledger, held)) {
    const taker = takers.next().value as number
    if (ledger.load(giver) - ledger.load(taker) < 2) break
    ledger.give(held.get(giver)?.pop() as number, taker)
    moved = true
  }
  return moved
}

/** The member with the least load, again and again; each must have got one more slot before the next is asked for. */
function* leastLoaded({ loads }: Ledger, members: readonly number[]): Generator<number> {
  const load = (at: number) => loads[order[at] as number] as number
  const order = members.toSorted((a, b) => (loads[a] as number) - (loads[b] as number) || a - b)
  for (let level = load(0), end = 0; ; level++) {
    while (end < order.length && load(end) <= level) end++
    for (let at = 0; at < end; at++) yield order[at] as number
  }
}

/** The holder with the most load that still has slots; each must have lost one before the next is asked for. */
function* mostLoaded({ loads }: Ledger, held: ReadonlyMap<number, readonly number[]>): Generator<number> {
  const load = (at: number) => loads[order[at] as number] as number
  const order = [...held.keys()].sort((a, b) => (loads[b] as number) - (loads[a] as number) || a - b)
  if (order.length === 0) return
  for (let level = load(0), end = 0; level > 0; level--) {
    while (end < order.length && load(end) >= level) end++
    for (let at = 0; at < end; at++) {
      if ((held.get(order[at] as number)?.length ?? 0) > 0) yield order[at] as number
    }
  }
}
